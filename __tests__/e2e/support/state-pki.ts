import { readFileSync, writeFileSync } from 'node:fs';
import type { Identity } from './pki';
import type { TestCluster } from './test-cluster';

type Attributes = Record<string, unknown>;

interface State {
  readonly resources: readonly {
    readonly type: string;
    readonly name: string;
    readonly instances: { attributes: Attributes }[];
  }[];
}

/** Certificate and key of a server, or of the authority `ca-1`, as the state has them. */
export function identityInState({ stateFile }: TestCluster, name: string): Identity {
  const state = read(stateFile);
  const type = name.startsWith('ca-') ? 'tls_self_signed_cert' : 'tls_locally_signed_cert';
  const cert = attributesOf(state, type, name).cert_pem as string;
  return { cert, key: attributesOf(state, 'tls_private_key', `${name}_key`).private_key_pem as string };
}

/** Lets the state say something else of a certificate, as time would. */
export function changeCertificateInState({ stateFile }: TestCluster, name: string, change: Attributes): void {
  const state = read(stateFile);
  const type = name.startsWith('ca-') ? 'tls_self_signed_cert' : 'tls_locally_signed_cert';
  Object.assign(attributesOf(state, type, name), change);
  writeFileSync(stateFile, JSON.stringify(state));
}

function read(stateFile: string): State {
  return JSON.parse(readFileSync(stateFile, 'utf8')) as State;
}

function attributesOf({ resources }: State, type: string, name: string): Attributes {
  const found = resources.find(each => each.type === type && each.name.startsWith(`pki_${name}_`));
  if (!found) throw new Error(`the state has no ${type} of ${name}`);
  return found.instances[0]!.attributes;
}
