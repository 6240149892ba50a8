import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A resource of a synthesized stack, as far as this program reads it. */
export interface StackResource {
  readonly '//': { readonly metadata: { readonly path: string } };
  readonly name?: string;
  /** Image of a container, which is a reference to another resource's id. */
  readonly image?: string;
  /** Addresses of what comes before it. */
  readonly depends_on?: readonly string[];
  /** `docker.ALIAS`. @default - the stack's own */
  readonly provider?: string;
  /** False for a delivery, which ends. */
  readonly must_run?: boolean;
  /** MiB. */
  readonly memory?: number;
  readonly memory_swap?: number;
  readonly cpu_shares?: number;
  /** Of an image that is built and not pulled. */
  readonly build?: { readonly label?: Readonly<Record<string, string>> };
  /** Of a network, as the next two. */
  readonly driver?: string;
  readonly internal?: boolean;
  readonly options?: Readonly<Record<string, string>>;
  readonly labels?: readonly { readonly label: string; readonly value: string }[];
}

/** What cdktf wrote into a stack's folder: resources by type, then by the id that Terraform's addresses end with. */
export function readStack(directory: string): {
  readonly resource: Readonly<Record<string, Readonly<Record<string, StackResource>>>>;
} {
  return JSON.parse(readFileSync(join(directory, 'cdk.tf.json'), 'utf8')) as ReturnType<typeof readStack>;
}
