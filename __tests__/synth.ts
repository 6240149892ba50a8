import { DefaultTokenResolver, StringConcat, TerraformStack, Testing, Tokenization } from 'cdktf';
import type { EcpImage, IEcpNetwork, IEcpPki } from '../constructs';
import { selfSigned, type SelfSigned } from './self-signed';

/** What the tests read of a `docker_container`. */
export interface ContainerJson {
  readonly [attribute: string]: unknown;
  readonly env?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly labels: readonly { readonly label: string; readonly value: string }[];
  readonly upload?: readonly { readonly file: string; readonly content: string; readonly permissions: string }[];
}

/** What a server joins and uses, as literals: a server can be tested without the other constructs. */
export const SURROUNDINGS = {
  clusterName: 'ecp',
  image: {
    imageId: 'sha256:image',
    engine: 'rehearsal',
    capabilitiesAdd: [],
    noNewPrivileges: true,
    readOnlyRoot: true,
    tmpfs: [{ path: '/tmp', sizeMiB: 1, mode: '0700' }],
    webHealth: { path: '/health', normal: 'is Normal' },
  } as EcpImage,
  network: { networkId: 'network-id' } as IEcpNetwork,
  pki: {
    issueCertificate: name => ({
      subject: `CN=${name}`,
      certificatePem: identityOf(name).certificate,
      privateKeyPem: identityOf(name).key,
      caBundlePem: identityOf('authority').certificate,
      keyAlgorithm: 'RSA',
    }),
  } as IEcpPki,
};

const identities = new Map<string, SelfSigned>();

/** One certificate and key for each name. */
export function identityOf(name: string): SelfSigned {
  if (!identities.has(name)) identities.set(name, selfSigned(name));
  return identities.get(name)!;
}

/** A stack with nothing in it, as a larger app would have one: no provider, no backend. */
export function emptyStack(): TerraformStack {
  return new TerraformStack(Testing.app(), 'stack');
}

/** The synthesized stack without cdktf's remarks. */
export function synth(stack: TerraformStack): Record<string, Record<string, Record<string, unknown>>> {
  return JSON.parse(Testing.synth(stack)) as Record<string, Record<string, Record<string, unknown>>>;
}

/** What a token stands for in the synthesized stack. */
export function resolve(scope: TerraformStack, value: string): unknown {
  return Tokenization.resolve(value, {
    scope,
    preparing: false,
    resolver: new DefaultTokenResolver(new StringConcat()),
  }) as unknown;
}

/** All resources of a type, by address without the type. */
export function resources<T = Record<string, unknown>>(stack: TerraformStack, type: string): Record<string, T> {
  return (synth(stack).resource?.[type] ?? {}) as Record<string, T>;
}

/** The only resource of a type, or the only one with this name in Docker. */
export function resource<T = Record<string, unknown>>(stack: TerraformStack, type: string, name?: string): T {
  const found = Object.values(resources(stack, type)).filter(each => name === undefined || each.name === name);
  if (found.length !== 1) throw new Error(`expected one ${type} ${name ?? ''}, found ${found.length}`);
  return found[0] as T;
}

export function container(stack: TerraformStack, name: string): ContainerJson {
  return resource<ContainerJson>(stack, 'docker_container', name);
}

export function labels({ labels }: ContainerJson): Record<string, string> {
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

/** Texts that a server gets, by path below `/ecp/files`. What Terraform makes is its expression, as it stands in the stack. */
export function deliveredFiles(stack: TerraformStack, server: string): Record<string, string> {
  return unpackDelivery(container(stack, `${server}-files`).upload ?? []);
}

/** Texts of a delivery's uploads by path: the lines `#file PATH BASE64` that follow the script. */
export function unpackDelivery(uploads: readonly { readonly content?: string }[]): Record<string, string> {
  const script = uploads.find(({ content }) => content !== undefined)?.content ?? '';
  return Object.fromEntries([...script.matchAll(FILE_LINE)].map(([, path, content]) => [path!, decoded(content!)]));
}

const FILE_LINE = /^#file (\S+) (.*)$/gm;

function decoded(content: string): string {
  const [, expression] = /^\$\{base64encode\((.*)\)\}$/.exec(content) ?? [];
  return expression === undefined ? Buffer.from(content, 'base64').toString() : `\${${expression}}`;
}
