import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readStack } from './stack-file';

/** Docker provider 4.6 sleeps for 2 s at each look at a service, which costs nothing but Terraform's own limit of ten at once. */
const SERVICES_AT_ONCE = 40;

/** Options of Terraform for how much it does at once, where its own limit would make a queue of sleeps. */
export function parallelismOptions(directory: string): string[] {
  if (!existsSync(join(directory, 'cdk.tf.json'))) return [];
  return readStack(directory).resource.docker_service ? [`-parallelism=${SERVICES_AT_ONCE}`] : [];
}
