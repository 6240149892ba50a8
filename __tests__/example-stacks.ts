import type { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LABELS } from '../contract/contract';
import { ExistingStack, JoiningStack } from '../examples/join-existing/main';
import { ExternalFilesStack, OwnAuthorityStack } from '../examples/own-certificates/main';
import { PolicyStack } from '../examples/policy-aspect/main';
import { SeveralHostsStack } from '../examples/several-hosts/main';
import { TeamStateStack } from '../examples/team-state/main';
import { TwoClustersStack } from '../examples/two-clusters/main';
import { WebAppStack } from '../examples/web-app/main';
import { selfSigned } from './self-signed';
import { resources, type ContainerJson } from './synth';

export const STATE_DATABASE = 'postgres://ecp@db.example.org/terraform';

/** Every stack of the examples, as its project makes it; `certificates` is the folder of `writeCertificates`. */
export function exampleStacks(certificates: string): Readonly<Record<string, (app: Construct) => TerraformStack>> {
  return {
    'web-app': app => new WebAppStack(app, 'web-app'),
    'two-clusters': app => new TwoClustersStack(app, 'two-clusters'),
    'join-existing: existing': app => new ExistingStack(app, 'existing'),
    'join-existing: joining': app =>
      new JoiningStack(app, 'joining', { certificateFolder: join(certificates, 'reports') }),
    'own-certificates: own authority': app => new OwnAuthorityStack(app, 'own-authority'),
    'own-certificates: external files': app => new ExternalFilesStack(app, 'external-files', { folder: certificates }),
    'several-hosts': app =>
      new SeveralHostsStack(app, 'several-hosts', {
        hosts: {
          'data-server': 'ssh://ops@data.example.org',
          'app-server-1': 'ssh://ops@east.example.org',
          'app-server-2': 'ssh://ops@west.example.org',
        },
      }),
    'policy-aspect': app => new PolicyStack(app, 'policy'),
    'team-state': app => new TeamStateStack(app, 'team-state', { stateDatabase: STATE_DATABASE }),
  };
}

/** Makes a folder with what the examples read that take files. */
export function writeCertificates(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-examples-'));
  const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
  write('ca.pem', selfSigned('authority').certificate);
  for (const name of ['data-server', 'app-server-1']) {
    const { certificate, key } = selfSigned(name);
    write(`${name}.pem`, certificate);
    write(`${name}.key`, key);
  }
  const guest = selfSigned('reports');
  mkdirSync(join(folder, 'reports'));
  write('reports/cert.pem', guest.certificate);
  write('reports/key.pem', guest.key);
  write('reports/ca.pem', selfSigned('authority').certificate);
  return folder;
}

/** A container of an example, with its name in Docker. */
export type NamedContainer = ContainerJson & { readonly name: string; readonly hostname?: string };

export function containersOf(stack: TerraformStack): NamedContainer[] {
  return Object.values(resources<NamedContainer>(stack, 'docker_container'));
}

/** The servers of this package: no deliveries of files, which end, and nothing that the example runs beside them. */
export function serversOf(stack: TerraformStack): NamedContainer[] {
  return containersOf(stack).filter(each => (each.labels ?? []).some(({ label }) => label === LABELS.probe));
}

/** A container's address, without the type. */
export function addressOf(stack: TerraformStack, { name }: ContainerJson): string {
  return Object.entries(resources(stack, 'docker_container')).find(([, each]) => each.name === name)![0];
}
