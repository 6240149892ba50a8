import { Fn, Token, type TerraformResource } from 'cdktf';
import { createHash } from 'node:crypto';
import { attributesOf, overriddenOf } from './daemon-own';

/**
 * What a container was given that no plan changes in place, for a label whose change replaces the container: what a daemon may fill in
 * and somebody set, and a set of processors, which Docker keeps when it is taken back, so that each plan would ask for it again
 * (docker update; measured).
 */
export function unplannedOf(container: TerraformResource): Readonly<Record<string, unknown>> {
  const attributes = attributesOf(container);
  const overridden = overriddenOf(attributes);
  return {
    ...(attributes.cpu_set === undefined ? {} : { cpuSet: attributes.cpu_set }),
    ...(Object.keys(overridden).length > 0 ? { overridden } : {}),
  };
}

/** A hash as labels hold it. */
export function shortHash(value: unknown): string {
  // By Terraform where that alone knows the values.
  if (Token.isUnresolved(value)) return Fn.substr(Fn.sha256(Fn.jsonencode(value)), 0, 12);
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}
