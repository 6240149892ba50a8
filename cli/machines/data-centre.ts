import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_NODE_LABEL, LABELS } from '../../contract/contract';
import { PROJECT } from '../../app/folders';
import { docker, tryDocker } from '../access/docker';
import { replaceFile } from '../replace-file';
import { UserError, type Progress } from '../terminal';
import { dataCentreFile, dataCentreFolder, readDataCentre, type DataCentre, type Machine } from '../../app/data-centre';
import { removePushedImages } from './pushed-images';

/** Of the machines of all clusters. */
export const IMAGE = 'ecp-machine:rehearsal';

/** An engine needs nearly all privileges; SYS_RESOURCE is not there for a container to give in every environment. */
const PRIVILEGES = [
  ['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE'],
  ['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
  ['--security-opt', 'systempaths=unconfined'],
  // Control groups of version 1 do not nest in a namespace of their own.
  ['--cgroupns', 'host', '--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw'],
].flat();

const nameOf = (cluster: string): string => `${cluster}-machines`;

/**
 * Makes a data centre on this Docker host: a network, a registry, and machines that form one swarm, the first its manager. What is there
 * already is used.
 *
 * @param options.baseImage Debian image that the machines are built from.
 */
export async function makeDataCentre(
  cluster: string,
  options: { readonly machines: number; readonly managers?: number; readonly baseImage: string },
  progress: Progress,
): Promise<DataCentre> {
  progress('build the image of a machine');
  const context = join(PROJECT, 'images', 'machine');
  const build = ['build', '--quiet', '--tag', IMAGE, '--build-arg', `BASE_IMAGE=${options.baseImage}`, context];
  const [subnet] = await Promise.all([makeNetwork(cluster), docker(build, 600)]);
  const names = Array.from({ length: options.machines }, (_, index) => `machine-${index + 1}`);
  const machines = names.map((name, index): Machine => {
    const address = `${subnet}.${11 + index}`;
    return { name, container: `${cluster}-${name}`, address, host: `tcp://${address}:2376` };
  });
  progress('make certificates');
  await makeCertificates(cluster, machines);
  progress('start machines');
  const starting = startRegistry(cluster, `${subnet}.10`);
  const [port] = await Promise.all([starting, ...machines.map(machine => startMachine(cluster, machine, starting))]);
  const registry = `127.0.0.1:${port}`;
  const certificateFolder = join(dataCentreFolder(cluster), 'tls', 'client');
  const centre = { cluster, machines, registry, certificateFolder };
  const members = await Promise.all(machines.map(awaitEngine));
  const areMembers = members.every(Boolean);
  // The file is written last.
  if (!areMembers || !existsSync(dataCentreFile(cluster))) {
    progress('form a swarm');
    await formSwarm(machines, options.managers ?? 1);
    const [first] = machines;
    if (first) await onMachine(first, 'node', 'update', '--label-add', `${DATA_NODE_LABEL}=${cluster}`, first.name);
  }
  replaceFile('machines', dataCentreFile(cluster), `${JSON.stringify(centre, null, 2)}\n`);
  return centre;
}

/** Removes all that `makeDataCentre` made but the image of machines, with what runs on them, its data, and the names of images in the registry. */
export async function removeDataCentre(cluster: string): Promise<void> {
  const registry = readDataCentre(cluster)?.registry;
  const label = `label=${LABELS.machines}=${cluster}`;
  const ids = async (...args: string[]): Promise<string[]> =>
    (await docker([...args, '--filter', label])).split('\n').filter(Boolean);
  const containers = await ids('ps', '--all', '--quiet', '--no-trunc');
  if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers], 120);
  for (const volume of await ids('volume', 'ls', '--quiet')) await docker(['volume', 'rm', volume]);
  for (const network of await ids('network', 'ls', '--quiet')) await docker(['network', 'rm', network]);
  if (registry !== undefined) await removePushedImages(registry);
  rmSync(dataCentreFolder(cluster), { recursive: true, force: true });
}

/** Docker takes fixed addresses only in a subnet that it was told: the one that it would choose. @returns the first three numbers */
async function makeNetwork(cluster: string): Promise<string> {
  const name = nameOf(cluster);
  const subnetOf = async (): Promise<string | undefined> => {
    const { code, stdout } = await tryDocker(
      ['network', 'inspect', '--format', '{{(index .IPAM.Config 0).Subnet}}', name],
      { timeoutSec: 30 },
    );
    return code === 0 ? stdout.trim() : undefined;
  };
  const create = (...more: string[]): Promise<string> =>
    docker(['network', 'create', '--label', `${LABELS.machines}=${cluster}`, ...more, name]);
  let subnet = await subnetOf();
  if (subnet === undefined) {
    await create();
    subnet = (await subnetOf()) ?? '';
    await docker(['network', 'rm', name]);
    await create('--subnet', subnet);
  }
  return subnet.split('.').slice(0, 3).join('.');
}

/** Without a key that could sign more: for other machines it has to be recreated. */
async function makeCertificates(cluster: string, machines: readonly Machine[]): Promise<void> {
  const folder = join(dataCentreFolder(cluster), 'tls');
  if (machines.every(({ address }) => existsSync(join(folder, address)))) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dataCentreFolder(cluster), { recursive: true });
  chmodSync(dataCentreFolder(cluster), 0o700);
  const container = (
    await docker(['create', IMAGE, 'make-certificates', '/tmp/tls', ...machines.map(({ address }) => address)])
  ).trim();
  try {
    await docker(['start', '--attach', container], 60);
    await docker(['cp', `${container}:/tmp/tls`, folder]);
  } finally {
    await docker(['rm', '--force', '--volumes', container]);
  }
}

/** Docker gives a port that it chose to another at the next start; so it chooses once. @returns the port on 127.0.0.1 */
async function startRegistry(cluster: string, address: string): Promise<string> {
  const name = `${cluster}-registry`;
  const portOf = async (): Promise<string> => (await docker(['port', name, '5000'])).trim().split(':').pop()!;
  const runOn = (port: string): Promise<string> =>
    docker([
      ...['run', '--detach', '--name', name, '--hostname', 'registry', '--label', `${LABELS.machines}=${cluster}`],
      ...['--network', nameOf(cluster), '--ip', address, '--publish', `127.0.0.1:${port}:5000`],
      ...['--volume', `${name}:/var/lib/registry`, IMAGE, 'docker-registry', 'serve', '/etc/registry.yml'],
    ]);
  const { code } = await tryDocker(['start', name], { timeoutSec: 60 });
  if (code === 0) return portOf();
  await docker(['volume', 'create', '--label', `${LABELS.machines}=${cluster}`, name]);
  await runOn('');
  const port = await portOf();
  await docker(['rm', '--force', name]);
  await runOn(port);
  return port;
}

/** @param registryPort Of the registry, which starts meanwhile. */
async function startMachine(
  cluster: string,
  { name, container, address }: Machine,
  registryPort: Promise<string>,
): Promise<void> {
  const { code } = await tryDocker(['start', container], { timeoutSec: 60 });
  if (code === 0) return;
  const tls = join(dataCentreFolder(cluster), 'tls', address);
  await docker(['volume', 'create', '--label', `${LABELS.machines}=${cluster}`, container]);
  await docker([
    'create',
    '--name',
    container,
    '--hostname',
    name,
    '--label',
    `${LABELS.machines}=${cluster}`,
    '--network',
    nameOf(cluster),
    '--ip',
    address,
    ...PRIVILEGES,
    '--volume',
    `${container}:/var/lib/docker`,
    IMAGE,
    'run-engine',
    `${cluster}-registry`,
    await registryPort,
  ]);
  // Copied and not mounted: a Docker host elsewhere does not see this folder.
  await docker(['cp', tls, `${container}:/tls`]);
  await docker(['start', container]);
}

const ENGINE_START_SEC = 60;

/** Waits until the engine of a machine answers. @returns whether it is a member of a swarm */
async function awaitEngine({ name, container }: Machine): Promise<boolean> {
  const end = Date.now() + ENGINE_START_SEC * 1000;
  for (;;) {
    const question = ['docker', 'info', '--format', '{{.Swarm.LocalNodeState}}'];
    const { code, stdout } = await tryDocker(['exec', container, ...question], { timeoutSec: 20 });
    // One that has just started may still be on its way back to the others.
    if (code === 0 && stdout.trim() !== 'pending') return stdout.trim() === 'active';
    if (Date.now() > end)
      throw new UserError(
        `the engine of ${name} does not answer within ${ENGINE_START_SEC} s; docker logs ${container} says why`,
      );
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

/** Runs a docker command on a machine. */
export function onMachine({ container }: Machine, ...args: string[]): Promise<string> {
  return docker(['exec', container, 'docker', ...args]);
}

/** Managers join one after the other: two at a time lock the store for a minute (measured). */
async function formSwarm(machines: readonly Machine[], managers: number): Promise<void> {
  const [first, ...others] = machines;
  if (!first) return;
  const stateOf = (machine: Machine): Promise<string> =>
    onMachine(machine, 'info', '--format', '{{.Swarm.LocalNodeState}}');
  if ((await stateOf(first)).trim() !== 'active')
    await onMachine(first, 'swarm', 'init', '--advertise-addr', first.address);
  const tokenOf = async (role: string): Promise<string> =>
    (await onMachine(first, 'swarm', 'join-token', '--quiet', role)).trim();
  const tokens = { manager: await tokenOf('manager'), worker: await tokenOf('worker') };
  for (const [index, machine] of others.entries()) {
    if ((await stateOf(machine)).trim() === 'active') continue;
    const token = index + 1 < managers ? tokens.manager : tokens.worker;
    await onMachine(
      machine,
      'swarm',
      'join',
      '--token',
      token,
      '--advertise-addr',
      machine.address,
      `${first.address}:2377`,
    );
  }
}
