import { WEB_ADDRESS } from './contract';

/** An address at which a process of the same host reaches what is bound to `bindAddress`. */
export function reachableAddress(bindAddress: string): string {
  return bindAddress === '0.0.0.0' ? WEB_ADDRESS : bindAddress;
}
