import { join, resolve } from 'node:path';
import { PROVIDERS_FOLDER } from '../contract/set-up';

/** The repository's folder. */
export const PROJECT = resolve(__dirname, '..');

/** What this machine needs and git does not: remembered facts, logs, scratch folders. */
export const SCRATCH = join(PROJECT, '.ecp');

/** The Terraform providers that were built here, in the layout of a filesystem mirror. */
export const PROVIDERS = join(PROJECT, PROVIDERS_FOLDER);
