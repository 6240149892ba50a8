import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, LocalBackend, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { linkProviders } from '../../../app/link-providers';
import { loadSettings } from '../../../app/settings';
import {
  EcpCluster,
  EcpNetwork,
  EcpPki,
  RehearsalImage,
  requireProviderVersions,
  type EcpAppServer,
  type EcpAppServerOptions,
  type EcpDataServerOptions,
  type EcpPkiProps,
} from '../../../constructs';
import { PROJECT, type TestCluster } from '../support/test-cluster';

/** What a change may reach beside properties. */
export interface Parts {
  readonly stack: TerraformStack;
  readonly cluster: EcpCluster;
  readonly image: RehearsalImage;
}

/** A cluster as its owner describes it; a change makes another one of it. */
export interface ClusterSpec {
  /** Application servers by name, each with its own options. */
  readonly appServers: Readonly<Record<string, EcpAppServerOptions>>;
  readonly dataServer?: EcpDataServerOptions;
  readonly pki?: Pick<EcpPkiProps, 'signingCa' | 'trustedCas'>;
  readonly subnet?: string;
  /** Id of the cluster's construct. @default - that of main.ts */
  readonly id?: string;
  /** Ids of what it is in, below the stack. @default - the stack itself */
  readonly within?: readonly string[];
  /** What no property covers, through the resources themselves. */
  readonly edits?: readonly ((parts: Parts) => void)[];
}

/** A specification with one application server's options changed. */
export function withAppServer(spec: ClusterSpec, name: string, options: EcpAppServerOptions): ClusterSpec {
  return { ...spec, appServers: { ...spec.appServers, [name]: { ...spec.appServers[name], ...options } } };
}

/** A specification with one more edit. */
export function withEdit(spec: ClusterSpec, edit: (parts: Parts) => void): ClusterSpec {
  return { ...spec, edits: [...(spec.edits ?? []), edit] };
}

export function appServer({ cluster }: Parts, name: string): EcpAppServer {
  return cluster.appServers.find(server => server.name === name)!;
}

/**
 * Writes the stack of a specification to where main.ts would write it, with the same addresses. An app of its own, since main.ts has
 * no setting for one server alone, nor for what goes through a resource.
 */
export function synthesizeSpec(testCluster: TestCluster, spec: ClusterSpec): void {
  const { name: clusterName, stackDirectory, stateFile, environment } = testCluster;
  const app = new App({ outdir: join(testCluster.folder, 'out') });
  const stack = new TerraformStack(app, `${clusterName}-rehearsal`);
  new LocalBackend(stack, { path: relative(stackDirectory, stateFile) });
  new DockerProvider(stack, 'docker');
  new TlsProvider(stack, 'tls');
  requireProviderVersions(stack);
  const image = new RehearsalImage(stack, 'image', {
    baseImage: loadSettings({ ...process.env, ...environment }).rehearsalBaseImage,
  });
  const scope = (spec.within ?? []).reduce<Construct>((at, id) => new Construct(at, id), stack);
  const cluster = new EcpCluster(scope, spec.id ?? 'ecp', {
    clusterName,
    appServers: [],
    appServerWebPortBase: testCluster.appServerWebPortBase,
    pki: new EcpPki(stack, 'pki', { clusterName, ...spec.pki }),
    network: new EcpNetwork(stack, 'network', { clusterName, subnet: spec.subnet }),
    image,
    dataServerOptions: { webPort: testCluster.dataServerWebPort, ...spec.dataServer },
  });
  for (const [name, options] of Object.entries(spec.appServers)) cluster.addAppServer(name, options);
  for (const edit of spec.edits ?? []) edit({ stack, cluster, image });
  app.synth();
  linkProviders(stackDirectory);
}

/** The package's config file for a role, with TLS 1.3 alone instead of 1.2 and 1.3. */
export function strictConfigFile({ folder }: TestCluster, role: 'data-server' | 'app-server'): string {
  const text = readFileSync(join(PROJECT, 'config-files', `${role}.json`), 'utf8');
  const file = join(folder, `${role}.json`);
  writeFileSync(file, text.replace('"TLSMinVersion": 16', '"TLSMinVersion": 32'));
  return file;
}
