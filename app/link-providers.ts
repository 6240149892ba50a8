import * as mirror from '../contract/provider-mirror';
import { PROVIDERS } from './folders';

export { LOCK_FILE } from '../contract/provider-mirror';

/** Lets Terraform find the providers that were built here. */
export function linkProviders(stackDirectory: string, providers = PROVIDERS): void {
  mirror.linkProviders(stackDirectory, providers);
}
