import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryIn } from '../../cli/access/data-volume';
import { requireOwnNames } from '../../cli/terraform/own-names';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

afterEach(() => {
  restoreEnvironment();
  removeFolders();
});

/** What a Docker host has; each line is a name, then its labels for cluster, engine and role, then mounts. */
interface Host {
  readonly containers?: readonly string[];
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
  /** The image of the tag, by its names and its label. */
  readonly image?: string;
  /** Base64 of what `docker cp` prints of the data volume. @default - it has the mark of a data server */
  readonly archive?: string;
}

const label = (value = 'ecp') => [{ label: 'ecp.cluster', value }];
const STACK = {
  docker_container: {
    a: { name: 'ecp-data-server', labels: label() },
    b: { name: 'ecp-data-server-files', labels: label() },
    mine: { name: 'somebody-s-own' },
  },
  docker_network: { a: { name: 'ecp', labels: label() } },
  docker_volume: { a: { name: 'ecp-data-server-files', labels: label() } },
  docker_image: { a: { name: 'debian:12' }, b: { name: 'ecp-rehearsal:1', build: {} } },
};

function requireNames(host: Host, removesData = false, state: readonly object[] = []): Promise<void> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ resource: STACK }));
  writeFileSync(join(folder, 'state'), JSON.stringify({ version: 4, resources: state }));
  const lines = (words: readonly string[] = []): string =>
    words.map(each => `printf '%s\\n' '${each.replaceAll(' ', '\t')}';`).join('') || ':;';
  const archive = host.archive === undefined ? '' : `printf %s '${host.archive}' | /usr/bin/base64 -d`;
  fakeProgram(
    join(folder, 'bin'),
    'docker',
    `case "$1 $2 $3" in
      'ps '*) ${lines(host.containers)};
      'network ls'*) ${lines(host.networks)};
      'volume ls'*) ${lines(host.volumes)};
      'image inspect'*) ${lines(host.image === undefined ? [] : [host.image])} exit ${host.image === undefined ? 1 : 0};;
      import*) /bin/cat >/dev/null; echo sha256:x;;
      create*) echo c0ffee;;
      'cp c0ffee:/volume/.ecp-engine -') ${host.archive === undefined ? 'exit 0' : 'exit 1'};;
      'cp c0ffee:/volume -') ${archive || ':'};;
      *) ;;
    esac`,
  );
  useOnly(join(folder, 'bin'));
  const of = {
    ...{ cluster: 'ecp', engine: 'rehearsal', stackDirectory: folder, stateFile: join(folder, 'state') },
    dataVolumes: ['ecp-data', 'ecp-data-server-b.data'],
  };
  return requireOwnNames(of, { removesData });
}

/** A tar archive's headers: folders end with a slash. */
function archiveOf(...entries: readonly string[]): string {
  const blocks = entries.map(name => {
    const block = Buffer.alloc(512);
    block.write(name, 0);
    block.write('00000000000\0', 124);
    block.write(name.endsWith('/') ? '5' : '0', 156);
    return block;
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]).toString('base64');
}

describe('what has a name of the cluster', () => {
  const OURS: Host = {
    containers: ['ecp-data-server ecp rehearsal data-server ecp-data,ecp-data-server-files', 'somebody-s-own', 'x'],
    networks: ['ecp ecp', 'bridge'],
    volumes: ['ecp-data-server-files ecp', 'ecp-data', 'other'],
    image: '["other:1","ecp-rehearsal:1"] sha256:x',
  };

  test('may carry its label, or be none of what the stack makes for it', async () => {
    await requireNames(OURS);
    await requireNames(OURS, true);
    await requireNames({});
  });

  test('is named otherwise, all of it at once, with who uses it and what to do', async () => {
    await expect(
      requireNames({
        containers: ['ecp-data-server blue', 'theirs    ecp-data-server-files', 'link/x,ecp-data-server-files'],
        networks: ['ecp'],
        volumes: ['ecp-data-server-files', 'ecp-data blue'],
        image: '["ecp-rehearsal:1"] ',
      }),
    ).rejects.toThrow(
      [
        `the container 'ecp-data-server' must carry the label ecp.cluster=ecp, and is of the cluster 'blue': rename it (docker rename ecp-data-server NAME) or remove it, or choose another name in 'cluster'`,
        `the container 'ecp-data-server-files' must carry the label ecp.cluster=ecp, and has no such label: rename it (docker rename ecp-data-server-files NAME) or remove it, or choose another name in 'cluster'`,
        `the network 'ecp' must carry the label ecp.cluster=ecp, and has no such label: remove it (docker network rm ecp), or choose another name in 'cluster'`,
        `the volume 'ecp-data-server-files' must carry the label ecp.cluster=ecp, and has no such label: copy what you need of it elsewhere and remove it (docker rm --force theirs; docker volume rm ecp-data-server-files), or choose another name in 'cluster'`,
        `the image 'ecp-rehearsal:1' must be one that was built for a cluster, and has no label ecp.base-image-id: give it another name (docker tag) and remove this one (docker image rm ecp-rehearsal:1)`,
        `the volume 'ecp-data' must carry the label ecp.cluster=ecp, and is of the cluster 'blue': copy what you need of it elsewhere and remove it (docker volume rm ecp-data), or choose another name in 'cluster'`,
        'Nothing was changed.',
      ].join('\n'),
    );
  });

  test('counts also when only the state has it: a destroy removes volumes by their names', async () => {
    const instances = [{ attributes: { id: 'ecp-app-server-9-files' } }, { attributes: { id: 'my-own' } }];
    const state = [{ type: 'docker_volume', name: 'x', instances }];
    await expect(requireNames({ volumes: ['ecp-app-server-9-files', 'my-own'] }, false, state)).rejects.toThrow(
      /^the volume 'ecp-app-server-9-files' must carry .*\nNothing was changed\.$/,
    );
  });

  test('of the same cluster with another engine has a state of its own', async () => {
    await expect(requireNames({ containers: ['ecp-data-server ecp iris data-server'] })).rejects.toThrow(
      "the cluster 'ecp' must have the engine 'rehearsal', and 'ecp-data-server' is of the engine 'iris': take it down first (ECP_ENGINE=iris ./ecp down), or choose another name in 'cluster'",
    );
  });
});

describe('a data volume without label', () => {
  const volumes = ['ecp-data'];

  test('is data by the mark in it, or nobody’s when it is empty', async () => {
    await requireNames({ volumes });
    await requireNames({ volumes, archive: archiveOf('volume/', 'volume/lost+found/') }, true);
  });

  test('is not looked into when the cluster’s data server has it, unless it is to go', async () => {
    const containers = ['ecp-data-server ecp rehearsal data-server ecp-data'];
    const archive = archiveOf('volume/', 'volume/accounts.csv');
    await requireNames({ volumes, containers, archive });
    await expect(requireNames({ volumes, containers, archive }, true)).rejects.toThrow(
      "the volume 'ecp-data' must hold the data of the cluster 'ecp', and holds 'accounts.csv', which no data server wrote: copy what you need of it elsewhere and remove it (docker rm --force ecp-data-server; docker volume rm ecp-data), or choose another name in 'cluster'",
    );
  });

  test('that is to go must be free of containers that stay', async () => {
    const containers = ['backup    ecp-data'];
    await requireNames({ volumes, containers });
    await expect(requireNames({ volumes, containers }, true)).rejects.toThrow(
      "the volume 'ecp-data' must be free, and the container 'backup' uses it: remove that container (docker rm --force backup)",
    );
  });

  test('that cannot be looked into is not taken for data', async () => {
    await expect(requireNames({ volumes, archive: '' }, true)).rejects.toThrow('docker cp failed: it did not answer');
    // The data server itself refuses what is not its own.
    await requireNames({ volumes, archive: '' });
  });
});

describe('the first entry of an archive', () => {
  const first = (...entries: readonly string[]) => entryIn(Buffer.from(archiveOf(...entries), 'base64'));

  test.each<[string | undefined, string[]]>([
    [undefined, ['volume/']],
    [undefined, ['volume/', 'volume/lost+found/']],
    ['.hidden', ['volume/', 'volume/.hidden']],
    ['a/b', ['volume/', 'volume/lost+found/', 'volume/a/b']],
  ])('is %s of %j', (found, entries) => {
    expect(first(...entries)).toBe(found);
  });

  test('is not known from half a header', () => {
    expect(entryIn(Buffer.from(archiveOf('volume/', 'volume/x'), 'base64').subarray(0, 700))).toBeUndefined();
  });
});
