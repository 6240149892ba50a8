import { engineTitle } from '../../contract/engines';
import { askVersions, type Versions } from '../versions';

/** Options of `./ecp version`. */
export interface VersionOptions {
  readonly cluster?: string;
  readonly json?: boolean;
}

/** Name and release of this program, and of all that it works with. */
export async function version({ cluster, json = false }: VersionOptions): Promise<number> {
  const versions = await askVersions(cluster);
  console.log(json ? JSON.stringify(versions, undefined, 2) : formatVersions(versions));
  return 0;
}

/** The first line is as that of other programs: name and release. */
export function formatVersions(versions: Versions): string {
  const { node, docker, dockerClient, terraform, providers, engine, engineVersion } = versions;
  const rows = [
    ['Node.js', node],
    ['Docker', docker ?? `no daemon answers${dockerClient ? ` (client ${dockerClient})` : ''}`],
    ['Terraform', terraform ?? 'not found'],
    ...Object.entries(providers),
    ...(engine ? [[engineTitle(engine), engineVersion ?? 'no server says its release']] : []),
  ];
  const width = Math.max(...rows.map(([what = '']) => what.length));
  const lines = rows.map(([what = '', found = '']) => `  ${what.padEnd(width)}  ${found}`);
  return [`ecp ${versions.version} (${versions.name})`, ...lines].join('\n');
}
