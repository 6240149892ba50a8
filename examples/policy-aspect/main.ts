import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, Aspects, TerraformStack } from 'cdktf';
import { CisDockerAspect, EcpCluster, RehearsalImage, ecpCisWaivers, useSetUp } from 'cdktf-iris-ecp';
import type { Construct } from 'constructs';
import { MemoryCeiling } from './memory-ceiling';
import { OwnerLabel } from './owner-label';

export interface PolicyStackProps {
  /** @default "policed" */
  readonly clusterName?: string;
  /** Port of the data server's page; the application server's is the next one. @default 8600 */
  readonly webPort?: number;
  /** Memory limit of the data server in MiB. More than 512 breaks the policy. @default 256 */
  readonly dataServerMemoryMiB?: number;
  /** Debian image for the rehearsal engine. @default "debian:bookworm-slim" */
  readonly baseImage?: string;
}

/** A cluster under three policies: one that adds, one that refuses, and the CIS benchmark of the package. */
export class PolicyStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: PolicyStackProps = {}) {
    super(scope, id);
    new DockerProvider(this, 'docker');
    new TlsProvider(this, 'tls');
    useSetUp(this);

    const webPort = props.webPort ?? 8600;
    const cluster = new EcpCluster(this, 'cluster', {
      clusterName: props.clusterName ?? 'policed',
      appServers: ['app-server-1'],
      image: new RehearsalImage(this, 'image', { baseImage: props.baseImage }),
      dataServerOptions: { webPort, memoryMiB: props.dataServerMemoryMiB },
      appServerWebPortBase: webPort,
    });

    Aspects.of(this).add(new OwnerLabel('platform-team'));
    Aspects.of(this).add(new MemoryCeiling(512));
    Aspects.of(this).add(new CisDockerAspect({ waivers: ecpCisWaivers(cluster) }));
  }
}

if (require.main === module) {
  const app = new App();
  new PolicyStack(app, 'policy', { baseImage: process.env.ECP_REHEARSAL_BASE_IMAGE });
  app.synth();
}
