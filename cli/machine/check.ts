import { existsSync, statfsSync } from 'node:fs';
import { describeChoice } from '../../app/daemon-choice';
import { PROJECT, PROVIDERS } from '../../app/folders';
import { LOCAL_IMAGE, REGISTRY_IMAGE, hasImage, makeBaseImageGap, presentBaseImage, registryHas } from './base-image';
import { askDaemon } from './daemon-facts';
import { settledDaemon } from './daemon-handover';
import { dockerGap } from './docker-gap';
import { lookAtDocker, type DockerState } from './docker-version';
import { findProgram } from './find-program';
import { finding, formatFinding, type Finding } from './finding';
import { findGo } from './go';
import { portProblems } from './ports';
import { providerOrigin } from './providers';
import { sshGap } from './ssh-gap';
import { subnetProblem } from './subnet';
import { findTerraform, type TerraformProgram } from './terraform';
import { unlimitedOf, unlimitedSentence } from './unlimited';

/** What a cluster wants of the machine. */
export interface CheckRequest {
  readonly cluster: string;
  readonly webPorts: readonly number[];
  readonly subnet?: string;
  /** Images that the stack fetches: bases and the web gateway's. */
  readonly images: readonly string[];
  /** The rehearsal engine is used. */
  readonly rehearsal: boolean;
  /** A node is reached by ssh. @default false */
  readonly ssh?: boolean;
}

const MINIMUM_FREE_GB = { docker: 3, project: 1 };
const TOLERATED_SKEW_SEC = 10;

/**
 * Looks at all that `up` needs, changes nothing, and prints a line for each.
 *
 * @returns false when something would stop `up`
 */
export async function checkMachine(request: CheckRequest): Promise<boolean> {
  const docker = await lookAtDocker();
  const terraform = findTerraform();
  terraform.catch(() => undefined);
  const groups = await Promise.all([
    checkDocker(docker),
    docker.kind === 'answers' ? checkDaemon(docker, request) : [],
    [finding('Node.js', async () => ({ mark: 'fine', found: process.version.slice(1) }))],
    [finding('Terraform', async () => ({ mark: 'fine', found: describe(await terraform) }))],
    terraform.then(checkProviders, () => []),
    request.ssh ? [finding('ssh', async () => checkSsh())] : [],
    [finding('disk of the project', async () => diskSpace(PROJECT, MINIMUM_FREE_GB.project))],
  ]);
  const findings = await Promise.all(groups.flat());
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const one of findings) console.log(formatFinding(one, width));
  return findings.every(({ mark }) => mark !== 'stops');
}

function checkSsh(): Omit<Finding, 'what'> {
  const gap = sshGap();
  return gap
    ? { mark: 'later', found: `absent: 'ecp up' will ${gap.changes.join(' and ')}` }
    : { mark: 'fine', found: findProgram('ssh') ?? '' };
}

function describe({ program, version }: TerraformProgram): string {
  return `${version} (${program})`;
}

function checkDocker(docker: DockerState): Promise<Finding>[] {
  return [
    finding('Docker daemon', async () => {
      const gap = await dockerGap(docker);
      if (!gap)
        return {
          mark: 'fine',
          found: `${docker.version}, API ${docker.apiVersion}, at ${describeChoice(settledDaemon())}`,
        };
      return { mark: 'later', found: `absent: 'ecp up' will ${gap.changes.join(' and ')}` };
    }),
  ];
}

function checkDaemon(docker: DockerState, request: CheckRequest): Promise<Finding>[] {
  const daemon = askDaemon();
  const { cluster, webPorts, subnet, rehearsal } = request;
  return [
    finding('disk of Docker', async () => {
      const { rootFolder } = await daemon;
      if (!docker.host.startsWith('unix://') || !existsSync(rootFolder))
        return { mark: 'fine', found: `${rootFolder} is not on this machine, not looked at` };
      return diskSpace(rootFolder, MINIMUM_FREE_GB.docker);
    }),
    finding('limits', async () => {
      const sentence = unlimitedSentence(unlimitedOf(docker.host, await daemon));
      return sentence === undefined
        ? { mark: 'fine', found: 'memory, swap, processor weight' }
        : { mark: 'note', found: sentence };
    }),
    finding('clock', async () => clock((await daemon).clockAheadSec)),
    finding('web ports', async () => {
      const problems = await portProblems(cluster, webPorts);
      if (problems.length > 0) return { mark: 'stops', found: problems.join('\n') };
      return { mark: 'fine', found: `${webPorts.join(', ')} free, or this cluster's own` };
    }),
    ...(subnet === undefined ? [] : [finding('subnet', () => checkSubnet(cluster, subnet))]),
    ...(rehearsal ? [finding('processor', async () => processor((await daemon).platform))] : []),
    ...request.images.map(image => finding('base image', () => checkImage(image))),
  ];
}

async function checkSubnet(cluster: string, subnet: string): Promise<Omit<Finding, 'what'>> {
  const problem = await subnetProblem(cluster, subnet);
  return problem ? { mark: 'stops', found: problem } : { mark: 'fine', found: `${subnet} free` };
}

async function checkImage(image: string): Promise<Omit<Finding, 'what'>> {
  if (await hasImage(image)) return { mark: 'fine', found: image };
  // The set-up finds these by itself, one in place of the other.
  if (image === REGISTRY_IMAGE || image === LOCAL_IMAGE) return checkBaseImage();
  if (await registryHas(image)) return { mark: 'later', found: `absent: 'ecp up' will pull ${image}` };
  return {
    mark: 'stops',
    found: `${image} is not on this machine, and no registry gives it: correct the setting, log in, or bring it with 'docker load'`,
  };
}

async function checkBaseImage(): Promise<Omit<Finding, 'what'>> {
  const present = await presentBaseImage();
  if (present) return { mark: 'fine', found: present };
  if (await registryHas(REGISTRY_IMAGE))
    return { mark: 'later', found: `absent: 'ecp up' will pull ${REGISTRY_IMAGE}` };
  const { changes } = makeBaseImageGap();
  return {
    mark: 'later',
    found: `absent, no container registry answers: 'ecp up' will ${[...changes, `make ${LOCAL_IMAGE}`].join(' and ')}`,
  };
}

function checkProviders(terraform: TerraformProgram): Promise<Finding>[] {
  const origin = providerOrigin(terraform);
  const providers = finding('providers', async () => {
    if ((await origin) === 'built') return { mark: 'fine', found: `built here, in ${PROVIDERS}` };
    if ((await origin) === 'registry') return { mark: 'fine', found: 'from the Terraform registry' };
    return { mark: 'later', found: "absent, the Terraform registry does not answer: 'ecp up' will build them" };
  });
  const go = finding('Go', async () => {
    if ((await origin) !== 'to-build') return { mark: 'fine', found: 'not needed' };
    return { mark: 'fine', found: (await findGo()).version };
  });
  return [providers, go];
}

function diskSpace(folder: string, minimumGb: number): Omit<Finding, 'what'> {
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / 1e9;
  if (free >= minimumGb) return { mark: 'fine', found: `${free.toFixed(0)} GB free in ${folder}` };
  return { mark: 'stops', found: `${free.toFixed(1)} GB free in ${folder}, ${minimumGb} GB are needed: make room` };
}

function clock(aheadSec: number): Omit<Finding, 'what'> {
  const apart = Math.abs(aheadSec);
  if (apart <= TOLERATED_SKEW_SEC) return { mark: 'fine', found: `as the daemon's, within ${Math.ceil(apart)} s` };
  const where = aheadSec > 0 ? 'ahead of' : 'behind';
  return {
    mark: 'stops',
    found: `the daemon's clock is ${apart.toFixed(0)} s ${where} this machine's, so certificates that start now are not valid there: set both clocks (chrony, timedatectl)`,
  };
}

function processor(platform: string): Omit<Finding, 'what'> {
  if (/^linux\/(x86_64|amd64)$/.test(platform)) return { mark: 'fine', found: platform };
  return {
    mark: 'stops',
    found: `${platform}: the rehearsal engine (GT.M) needs linux/amd64; use another Docker daemon`,
  };
}
