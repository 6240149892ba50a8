import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../app/folders';
import { loadSettings } from '../app/settings';
import { LABELS } from '../contract/contract';
import { engineVersionOf } from './access/engine-version';
import { tryDocker } from './access/docker';
import { findServers } from './access/servers';
import { settleDaemon } from './machine/daemon-handover';
import { PINNED_PROVIDERS } from './machine/provider-versions';
import { findTerraform } from './machine/terraform';

/** What works together on this machine. What is missing, or does not answer, is undefined. */
export interface Versions {
  /** Name of the package. */
  readonly name: string;
  readonly version: string;
  readonly node: string;
  /** Of the daemon. */
  readonly docker?: string;
  readonly dockerClient?: string;
  /** Terraform's or OpenTofu's. */
  readonly terraform?: string;
  /** Releases that the stacks are tested with, by source. */
  readonly providers: Readonly<Record<string, string>>;
  readonly engine?: string;
  /** As the data server of the running cluster says it. */
  readonly engineVersion?: string;
}

const ASK_SEC = 5;

/** Asks everything that has a version. Nothing of it has to be there: a version is asked for when something is wrong. */
export async function askVersions(cluster?: string): Promise<Versions> {
  const { name, version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as Versions;
  const [docker, terraform] = await Promise.all([askDocker(cluster), findTerraform().catch(() => undefined)]);
  return {
    name,
    version,
    node: process.version.slice(1),
    ...docker,
    terraform: terraform?.version,
    providers: Object.fromEntries(PINNED_PROVIDERS.map(each => [each.source, each.version])),
  };
}

async function askDocker(
  cluster: string | undefined,
): Promise<Pick<Versions, 'docker' | 'dockerClient' | 'engine' | 'engineVersion'>> {
  try {
    settleDaemon();
    const format = '{{.Client.Version}} {{if .Server}}{{.Server.Version}}{{end}}';
    const { stdout } = await tryDocker(['version', '--format', format], { timeoutSec: ASK_SEC });
    const [dockerClient, docker] = stdout.trim().split(' ');
    return { docker: docker || undefined, dockerClient, ...(docker ? await askEngine(cluster) : {}) };
  } catch {
    return {};
  }
}

async function askEngine(cluster: string | undefined): Promise<Pick<Versions, 'engine' | 'engineVersion'>> {
  const settings = loadSettings(process.env);
  const [server] = await findServers(cluster ?? settings.cluster).catch(() => []);
  if (!server) return { engine: settings.engine };
  const engine = server.facts.Config.Labels[LABELS.engine] ?? settings.engine;
  return { engine, engineVersion: await engineVersionOf(server).catch(() => undefined) };
}
