import { readFileSync } from 'node:fs';
import type { Identity } from './pki';

interface State {
  readonly resources: readonly {
    readonly type: string;
    readonly name: string;
    readonly instances: readonly { readonly attributes: Readonly<Record<string, string>> }[];
  }[];
}

/** What a Terraform state knows of keys and certificates: the state is the one place where they stand in clear text. */
export class StateSecrets {
  private readonly state: State;

  public constructor(stateFile: string) {
    this.state = JSON.parse(readFileSync(stateFile, 'utf8')) as State;
  }

  /** Key and certificate of the cluster's authority. */
  public get authority(): Identity {
    return {
      cert: this.one('tls_self_signed_cert', /ca-1/).cert_pem!,
      key: this.one('tls_private_key', /ca-1/).private_key_pem!,
    };
  }

  /** Key and certificate of a server; where a stack has several clusters, below the construct `cluster`. */
  public of(server: string, cluster = ''): Identity {
    const name = new RegExp(`^${cluster}.*_${server}_`);
    return {
      cert: this.one('tls_locally_signed_cert', name).cert_pem!,
      key: this.one('tls_private_key', name).private_key_pem!,
    };
  }

  /** All private keys, as PEM. */
  public get privateKeys(): string[] {
    return this.state.resources
      .filter(({ type }) => type === 'tls_private_key')
      .flatMap(({ instances }) => instances.map(({ attributes }) => attributes.private_key_pem!));
  }

  private one(type: string, name: RegExp): Readonly<Record<string, string>> {
    const found = this.state.resources.filter(each => each.type === type && name.test(each.name));
    const [attributes] = found.flatMap(({ instances }) => instances.map(instance => instance.attributes));
    if (found.length !== 1 || !attributes) throw new Error(`expected one ${type} ${name}, found ${found.length}`);
    return attributes;
  }
}
