import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SCRATCH } from '../../app/folders';
import { readFacts } from '../../app/machine-facts';
import { tryDocker } from '../access/docker';
import { run } from '../process';
import { UserError, type Progress } from '../terminal';
import { canInstallPackages, installPackages } from './apt';
import { findProgram } from './find-program';
import type { Gap } from './gap';

/** Debian's own image, from a container registry. */
export const REGISTRY_IMAGE = 'debian:bookworm-slim';

/** The same, made here from Debian's packages. */
export const LOCAL_IMAGE = 'ecp-rehearsal-base:bookworm';

/** Nobody reads these in a container; Debian's slim image leaves them out too. */
const LEFT_OUT = ['doc', 'groff', 'info', 'lintian', 'locale', 'man'];

/** Merges /usr before the packages are unpacked; else the package usrmerge does, which brings 45 MB of Perl along. */
const MERGED_USR = '/usr/share/mmdebstrap/hooks/merged-usr';

/** The base image that is on this machine already. The one used last comes first: another one would replace every server. */
export async function presentBaseImage(): Promise<string | undefined> {
  const candidates = [...new Set([readFacts().rehearsalBaseImage ?? REGISTRY_IMAGE, REGISTRY_IMAGE, LOCAL_IMAGE])];
  const present = await tryDocker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'], { timeoutSec: 30 });
  const tags = new Set(present.stdout.split('\n'));
  return candidates.find(image => tags.has(image));
}

/** True when the image is on this machine. */
export async function hasImage(image: string): Promise<boolean> {
  return (await tryDocker(['image', 'inspect', image], { timeoutSec: 30 })).code === 0;
}

/** True when a container registry offers the image; nothing is fetched. */
export async function registryHas(image: string): Promise<boolean> {
  return (await tryDocker(['manifest', 'inspect', image], { timeoutSec: 15 })).code === 0;
}

/** Pulls Debian's image; false when no registry answers within a quarter of a minute, or refuses. */
export async function pullBaseImage(progress: Progress): Promise<boolean> {
  const impatience = new AbortController();
  const timer = setTimeout(() => impatience.abort(), 15_000);
  const result = await tryDocker(['pull', REGISTRY_IMAGE], {
    signal: impatience.signal,
    timeoutSec: 600,
    onLine: (line, stream) => {
      // The first line comes with the registry's first answer; from then on a slow line is only slow.
      if (stream === 'stdout') clearTimeout(timer);
      progress(line);
    },
  });
  clearTimeout(timer);
  if (result.code !== 0) progress('no container registry answers', true);
  return result.code === 0;
}

/**
 * How to make the base image from Debian's packages.
 *
 * @throws UserError when this user cannot.
 */
export function makeBaseImageGap(): Gap {
  if (process.getuid?.() !== 0 || !(findProgram('mmdebstrap') || canInstallPackages()))
    throw new UserError(
      `The image ${REGISTRY_IMAGE} is not on this machine and no container registry answers: run 'docker pull ${REGISTRY_IMAGE}' where one does and bring it here with 'docker save' and 'docker load', or run ecp as root on Debian, which makes one from Debian's packages`,
    );
  const packages = missingPackages();
  return {
    title: `Make the base image ${LOCAL_IMAGE} from Debian's packages`,
    changes: packages.length > 0 ? [`install ${packages.join(', ')}, only where no container registry answers`] : [],
    bring: async progress => {
      if (packages.length > 0) await installPackages(packages, progress);
      await makeBaseImage(progress);
    },
  };
}

function missingPackages(): string[] {
  const packages = findProgram('mmdebstrap') ? [] : ['mmdebstrap'];
  // Ubuntu does not know the keys of Debian's archive.
  if (!existsSync('/usr/share/keyrings/debian-archive-keyring.gpg')) packages.push('debian-archive-keyring');
  return packages;
}

async function makeBaseImage(progress: Progress): Promise<void> {
  mkdirSync(SCRATCH, { recursive: true });
  const folder = mkdtempSync(join(SCRATCH, 'base-image-'));
  const archive = join(folder, 'base.tar');
  try {
    progress('mmdebstrap');
    const made = await run(
      'mmdebstrap',
      [
        '--variant=minbase',
        ...(existsSync(MERGED_USR) ? ['--include=usr-is-merged', `--hook-dir=${MERGED_USR}`] : []),
        '--aptopt=Acquire::Languages "none"',
        ...LEFT_OUT.map(name => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
        '--dpkgopt=path-include=/usr/share/doc/*/copyright',
        'bookworm',
        archive,
      ],
      { timeoutSec: 900, env: { TMPDIR: undefined }, onLine: line => progress(line.replace(/^I: /, '')) },
    );
    if (made.code !== 0)
      throw new UserError(
        `mmdebstrap could not make a Debian 12 base image (exit code ${made.code}): check that Debian's package archive can be reached. Its last lines:\n${made.stderr.trim().split('\n').slice(-4).join('\n')}`,
      );
    progress('docker import');
    const imported = await tryDocker(['import', '--change', 'CMD ["bash"]', archive, LOCAL_IMAGE], {
      timeoutSec: 300,
    });
    if (imported.code !== 0) throw new UserError(`'docker import' failed: ${imported.stderr.trim()}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
