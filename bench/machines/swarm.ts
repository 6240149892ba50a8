import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nodesOf, type DataCentre, type Machine } from '../../app/data-centre';
import { presentBaseImage } from '../../cli/machine/base-image';
import { makeDataCentre, onMachine, removeDataCentre } from '../../cli/machines/data-centre';
import { DATA_NODE_LABEL } from '../../contract/contract';
import { CLUSTER } from '../operations/bench-cluster';
import { answerTo } from '../operations/docker-socket';
import type { AskEngine } from '../operations/servers';

/** Not the cluster's own name: with that `./ecp up` would look after the machines too. */
const CENTRE = 'ecp-bench-machines';
const MACHINES = 3;

/** Three machines of the benchmark's own that are one swarm. */
export interface Swarm {
  readonly machines: readonly Machine[];
  /** Settings with which a cluster runs there. */
  readonly settings: Readonly<Record<string, string>>;
  /** Variables by which docker reaches the manager. */
  readonly managerEnvironment: Readonly<Record<string, string>>;
  readonly engines: readonly AskEngine[];
}

/** @throws Error when the base image of the machines is not there */
export async function makeSwarm(progress: (what: string) => void): Promise<Swarm> {
  const baseImage = await presentBaseImage();
  if (baseImage === undefined) throw new Error('the base image is not on this machine; run ./ecp setup first');
  const centre = await makeDataCentre(CENTRE, { machines: MACHINES, baseImage }, progress);
  const [manager] = centre.machines;
  await onMachine(manager!, 'node', 'update', '--label-add', `${DATA_NODE_LABEL}=${CLUSTER}`, manager!.name);
  return {
    machines: centre.machines,
    settings: {
      ECP_NODES: JSON.stringify(nodesOf(centre)),
      ECP_NODE_CERT_PATH: centre.certificateFolder,
      ECP_REGISTRY: centre.registry,
      // A swarm would publish them to everybody, and so it has none by default.
      ECP_DATA_SERVER_WEB_PORT: '',
      ECP_APP_SERVER_WEB_PORT_BASE: '',
    },
    managerEnvironment: {
      DOCKER_HOST: manager!.host,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: centre.certificateFolder,
    },
    engines: centre.machines.map(machine => asker(centre, machine)),
  };
}

export function removeSwarm(): Promise<void> {
  return removeDataCentre(CENTRE);
}

/** Removes whatever runs on the swarm, with its data, and leaves the images. */
export async function clearSwarm({ machines }: Swarm): Promise<void> {
  const [manager] = machines;
  for (const kind of ['service', 'secret', 'config']) {
    const ids = (await onMachine(manager!, kind, 'ls', '--quiet')).split('\n').filter(Boolean);
    if (ids.length > 0) await onMachine(manager!, kind, 'rm', ...ids);
  }
  await Promise.all(
    machines.map(async machine => {
      await awaitEmpty(machine);
      await onMachine(machine, 'volume', 'prune', '--force');
    }),
  );
  await onMachine(manager!, 'network', 'prune', '--force');
}

const STOP_SEC = 90;

/** A swarm removes the containers of a service in its own time. */
async function awaitEmpty(machine: Machine): Promise<void> {
  const end = Date.now() + STOP_SEC * 1000;
  while ((await onMachine(machine, 'ps', '--all', '--quiet')) !== '') {
    if (Date.now() > end) throw new Error(`containers on ${machine.name} are not gone within ${STOP_SEC} s`);
    await pause(300);
  }
}

/** Asks a machine's engine, over TLS. */
function asker({ certificateFolder }: DataCentre, { host }: Machine): AskEngine {
  const pem = (name: string): Buffer => readFileSync(join(certificateFolder, `${name}.pem`));
  const options = { ca: pem('ca'), cert: pem('cert'), key: pem('key') };
  return path => answerTo(request(`${host.replace(/^tcp:/, 'https:')}${path}`, options));
}
