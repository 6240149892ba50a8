import { DefaultTokenResolver, StringConcat, TerraformStack, Token, Tokenization } from 'cdktf';
import type { Construct, Node } from 'constructs';
import type { IEcpDataServer } from '../ecp-data-server';
import type { IEcpNetwork } from '../ecp-network';
import { EcpPki, type EcpCertificate, type IEcpPki } from '../ecp-pki';
import { isTrusted } from './chain';

/** What a data server of this app is, as far as its application servers depend on it. */
export interface DataServerFacts {
  /** Its host name in its network. */
  readonly name: string;
  readonly admits: (name: string) => boolean;
  readonly network: IEcpNetwork;
  readonly pki: IEcpPki;
  readonly certificate: EcpCertificate;
}

/** By the node, which a copy such as `{ ...dataServer, name: 'stock' }` has too. */
const FACTS = new WeakMap<Node, DataServerFacts & { readonly stack: TerraformStack }>();

/** Notes a data server. */
export function noteDataServer(server: Construct, facts: DataServerFacts): void {
  FACTS.set(server.node, { ...facts, stack: TerraformStack.of(server) });
}

/** An application server with the data servers that it uses. */
export interface FittingAppServer {
  readonly name: string;
  readonly networks: readonly IEcpNetwork[];
  readonly pki: IEcpPki;
  readonly certificate: EcpCertificate;
  readonly dataServers: readonly IEcpDataServer[];
}

/** Makes synth refuse an application server that a data server of the same app would not serve. What is made elsewhere is not known. */
export function guardFit(scope: Construct, server: FittingAppServer): void {
  scope.node.addValidation({
    validate: () =>
      server.dataServers.flatMap(dataServer => {
        const { node } = dataServer as Partial<Construct>;
        const facts = node && FACTS.get(node);
        return facts ? misfits(scope, server, { ...facts, path: node.path, host: dataServer.host }) : [];
      }),
  });
}

function misfits(
  scope: Construct,
  server: FittingAppServer,
  dataServer: DataServerFacts & { readonly path: string; readonly host: string; readonly stack: TerraformStack },
): string[] {
  const { path } = scope.node;
  const faults: string[] = [];
  if (!dataServer.admits(server.name))
    faults.push(
      `'name' of '${path}' must be one that '${dataServer.path}' admits, got '${server.name}'; call its allowAppServer('${server.name}')`,
    );
  // Under another name it was published, or is reached in a way that nobody here knows.
  if (dataServer.host === dataServer.name && !server.networks.some(network => mayBeSame(scope, network, dataServer)))
    faults.push(
      `'network' of '${path}' must be that of '${dataServer.path}', where alone it is the host '${dataServer.name}', got another; give both the same, or set 'publish' of the data server`,
    );
  if (!trustEachOther(server, dataServer))
    faults.push(
      `'pki' of '${path}' must be one whose authority '${dataServer.path}' trusts, and the other way round, got certificates of different authorities; give both the same`,
    );
  return faults;
}

/** False for networks that differ for certain: resources of one stack, or two names. An id may be the network of any name. */
function mayBeSame(
  scope: Construct,
  one: IEcpNetwork,
  { network: other, stack }: DataServerFacts & { readonly stack: TerraformStack },
): boolean {
  if (one === other || TerraformStack.of(scope) !== stack) return true;
  const [a, b] = [one.networkId, other.networkId].map(id => expressionOf(scope, id));
  if (a === b) return true;
  const isResource = (id: string): boolean => /^\$\{docker_network\.[\w-]+\.id\}$/.test(id);
  const isName = (id: string): boolean => !id.includes('${') && !/^[0-9a-f]{12,64}$/.test(id);
  return !((isResource(a!) && isResource(b!)) || (isName(a!) && isName(b!)));
}

function expressionOf(scope: Construct, id: string): string {
  if (!Token.isUnresolved(id)) return id;
  return Tokenization.resolve(id, {
    scope: TerraformStack.of(scope),
    preparing: false,
    resolver: new DefaultTokenResolver(new StringConcat()),
  }) as unknown as string;
}

function trustEachOther(server: FittingAppServer, dataServer: DataServerFacts): boolean {
  if (server.pki === dataServer.pki) return true;
  // An authority of its own each, by definition.
  if (server.pki instanceof EcpPki && dataServer.pki instanceof EcpPki) return false;
  return isTrusted(server.certificate, dataServer.certificate) && isTrusted(dataServer.certificate, server.certificate);
}
