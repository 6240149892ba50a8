import { setTimeout } from 'node:timers/promises';
import { serverNames } from '../../app/mirror';
import { loadSettings } from '../../app/settings';
import { LABELS } from '../../contract/contract';
import { tryDocker } from '../access/docker';
import { placesOf } from '../access/endpoints';
import { findServers } from '../access/servers';
import { load } from '../load-command';
import type { CompletionNames } from './candidates';
import { SCRIPTS } from './scripts';

/** Who presses the tabulator waits for it. */
const PATIENCE_SEC = 2;

/** Names as Docker and the settings have them now; where one of them does not answer, the others have to do. */
export const NAMES: CompletionNames = {
  servers: async (cluster = loadSettings(process.env).cluster) => {
    const tooLate = setTimeout(PATIENCE_SEC * 1000, [], { ref: false });
    const found = await Promise.race([findServers(cluster).catch(() => []), tooLate]);
    return found.length > 0 ? found.map(({ name }) => name) : serversOfSettings(cluster);
  },
  members: async (cluster = loadSettings(process.env).cluster) => {
    const tooLate = setTimeout(PATIENCE_SEC * 1000, [], { ref: false });
    const found = await Promise.race([findServers(cluster).catch(() => []), tooLate]);
    return found.filter(({ role }) => role === 'data-server').map(({ name }) => name);
  },
  nodes: (cluster = loadSettings(process.env).cluster) =>
    Promise.resolve(placesOf(cluster).endpoints.flatMap(endpoint => endpoint?.node ?? [])),
  clusters: async () => {
    const list = ['ps', '--all', '--filter', `label=${LABELS.cluster}`, '--format', `{{.Label "${LABELS.cluster}"}}`];
    const { stdout } = await tryDocker(list, { timeoutSec: PATIENCE_SEC });
    return [...new Set(stdout.split('\n').filter(Boolean))].sort();
  },
  formats: () => Promise.resolve(load('status').STATUS_FORMATS),
  shells: () => Promise.resolve(Object.keys(SCRIPTS)),
};

function serversOfSettings(cluster: string): string[] {
  const settings = loadSettings(process.env);
  return settings.cluster === cluster ? serverNames(settings) : [];
}
