import { readFacts, rememberFacts } from '../../app/machine-facts';
import { UserError, step } from '../terminal';
import { canInstallPackages } from './apt';
import { REGISTRY_IMAGE, makeBaseImageGap, presentBaseImage, pullBaseImage } from './base-image';
import { Consent } from './consent';
import { askDaemon, type DaemonFacts } from './daemon-facts';
import { dockerGap } from './docker-gap';
import { lookAtDocker, type DockerState } from './docker-version';
import type { Gap } from './gap';
import { providersGap } from './providers';
import { withSetUpLock } from './set-up-lock';
import { sshGap } from './ssh-gap';
import { findTerraform, type TerraformProgram } from './terraform';
import { rememberSaid } from './unlimited';

/** What the rest of the command needs to know of this machine. */
export interface Machine {
  /** The Terraform or OpenTofu program. */
  readonly terraform: string;
  /** Image reference that the rehearsal image is built on. */
  readonly rehearsalBaseImage: string;
  /** True when something was brought or found that a stack of before does not have: synthesize it again. */
  readonly changed: boolean;
}

/** Options of `setUpMachine`. */
export interface SetUpOptions {
  /** Do not ask before the machine is changed. */
  readonly assumeYes: boolean;
  /** The rehearsal engine is used, so its base image must be there. */
  readonly rehearsal: boolean;
  /** A node is reached by ssh. @default false */
  readonly ssh?: boolean;
}

interface View {
  readonly docker: DockerState;
  readonly terraform: TerraformProgram;
  readonly gaps: readonly Gap[];
  readonly baseImage: string | undefined;
  /** Unless none answered yet. */
  readonly daemon: DaemonFacts | undefined;
}

/**
 * Brings Docker, Terraform's providers and the rehearsal engine's base image into place. Prints nothing when all is there.
 *
 * @throws UserError with a sentence for each thing that only the user can bring.
 */
export async function setUpMachine(options: SetUpOptions): Promise<Machine> {
  const before = JSON.stringify(readFacts());
  let view = await look(options);
  const isComplete = view.gaps.length === 0 && (!options.rehearsal || view.baseImage !== undefined);
  let baseImage = view.baseImage;
  if (!isComplete) {
    await withSetUpLock(async () => {
      // Another ecp may have done it all while this one waited.
      view = await look(options);
      const consent = new Consent(options.assumeYes);
      await consent.to(changesAhead(view, options));
      for (const gap of view.gaps) await step(gap.title, progress => gap.bring(progress));
      baseImage = options.rehearsal ? await bringBaseImage(consent) : undefined;
    });
  }
  if (baseImage) rememberFacts({ rehearsalBaseImage: baseImage });
  const daemon = view.daemon ?? (await askIfPossible());
  if (daemon) rememberSaid(view.docker.host, daemon);
  return {
    terraform: view.terraform.program,
    rehearsalBaseImage: baseImage ?? readFacts().rehearsalBaseImage ?? REGISTRY_IMAGE,
    changed: !isComplete || JSON.stringify(readFacts()) !== before,
  };
}

async function look({ ssh = false }: Pick<SetUpOptions, 'ssh'>): Promise<View> {
  const terraform = findTerraform();
  const baseImage = presentBaseImage();
  const docker = lookAtDocker();
  const daemon = docker.then(({ kind }) => (kind === 'answers' ? askIfPossible() : undefined));
  // In a promise, so that it is told with the others.
  const ofSsh = Promise.resolve().then(() => (ssh ? sshGap() : undefined));
  const gaps = [docker.then(dockerGap), terraform.then(providersGap), ofSsh];
  const [, found] = await Promise.all([terraform.catch(() => undefined), Promise.allSettled(gaps)]);
  const problems = [
    ...new Set(found.flatMap(result => (result.status === 'rejected' ? [result.reason as Error] : []))),
  ];
  const unexpected = problems.find(problem => !(problem instanceof UserError));
  if (unexpected) throw unexpected;
  // All of them at once, so that nobody learns of the second gap only after closing the first.
  if (problems.length > 0) throw new UserError(problems.map(problem => problem.message).join('\n'));
  return {
    docker: await docker,
    terraform: await terraform,
    gaps: found.flatMap(result => (result.status === 'fulfilled' && result.value ? [result.value] : [])),
    baseImage: await baseImage,
    daemon: await daemon,
  };
}

/** Without an answer nothing is known of its limits; what else is wrong, a plan says. */
function askIfPossible(): Promise<DaemonFacts | undefined> {
  return askDaemon().catch(() => undefined);
}

function changesAhead(view: View, options: SetUpOptions): string[] {
  const changes = view.gaps.flatMap(gap => gap.changes);
  // One question is enough: without Docker nobody can know yet whether a container registry answers.
  const askedAnyway = changes.length > 0 && canInstallPackages();
  return askedAnyway && options.rehearsal && !view.baseImage ? [...changes, ...makeBaseImageGap().changes] : changes;
}

async function bringBaseImage(consent: Consent): Promise<string> {
  const present = await presentBaseImage();
  if (present) return present;
  if (await step(`Ask for ${REGISTRY_IMAGE} at a container registry`, pullBaseImage)) return REGISTRY_IMAGE;
  const gap = makeBaseImageGap();
  await consent.to(gap.changes);
  await step(gap.title, progress => gap.bring(progress));
  const made = await presentBaseImage();
  if (!made) throw new UserError(`The base image was made and 'docker image ls' does not show it`);
  return made;
}
