import { readStack } from '../../cli/terraform/stack-file';

/**
 * Options that make Terraform replace the keys of all servers, and with them certificates and deliveries: what `./ecp rotate` replaces
 * (cli/rotation/rotation.ts). The authority's key stays; its path has no server in it: <stack>/pki/ca-1/key.
 */
export function replaceLeafKeys(stackDirectory: string): string[] {
  return Object.entries(readStack(stackDirectory).resource.tls_private_key ?? {})
    .filter(([, { '//': remark }]) => !/\/pki\/ca-\d+\/key$/.test(remark.metadata.path))
    .map(([name]) => `-replace=tls_private_key.${name}`);
}
