import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROVIDERS } from '../../../app/folders';
import { LOCK_FILE } from '../../../app/link-providers';
import { onFork } from '../../../dev/package/fork-tree';
import type { Cdk } from './packed-project';
import { PROJECT } from './test-cluster';

/** A cluster of one application server, in the words of somebody who has the package and nothing else of this repository. */
export interface PackedStack {
  readonly clusterName: string;
  /** The application server's is 100 above. */
  readonly webPort: number;
  /** @default 'cdktf' */
  readonly cdk?: Cdk;
}

/** TypeScript that is good for CommonJS and for ES modules. */
export function packedStack({ clusterName, webPort, cdk = 'cdktf' }: PackedStack): string {
  const text = `
import { DockerProvider } from '@cdktf/provider-docker/lib/provider/index.js';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider/index.js';
import { App, LocalBackend, TerraformStack } from 'cdktf';
import { EcpCluster, useSetUp, type EcpClusterProps } from 'cdktf-iris-ecp';

const app = new App();
const stack = new TerraformStack(app, 'platform');
new LocalBackend(stack, { path: '../../../platform.tfstate' });
new DockerProvider(stack, 'docker');
new TlsProvider(stack, 'tls');
useSetUp(stack, { clone: '${PROJECT}' });
const props: EcpClusterProps = {
  clusterName: '${clusterName}',
  appServers: ['app-server-1'],
  dataServerOptions: { webPort: ${webPort}, dataRetention: 'destroy' },
  appServerWebPortBase: ${webPort + 100},
};
new EcpCluster(stack, 'cluster', props);
${cdk === 'cdktn' ? olderTls() : ''}app.synth();
`;
  return cdk === 'cdktn' ? onFork(text).replace("'cdktf-iris-ecp'", "'cdktf-iris-ecp/cdktn'") : text;
}

/** The fork's bindings ask for a tls provider that is newer than the sources that can be had where no Terraform registry answers. */
function olderTls(): string {
  if (!existsSync(join(PROVIDERS, LOCK_FILE))) return '';
  return `stack.addOverride('terraform.required_providers.tls.version', '>= 4.1.0, < 5.0.0');\n`;
}
