import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DEFAULT_CONFIG_FILE, renderConfigDocument } from '../../../constructs/private/config-document';
import { IRIS_ENGINE } from '../../../constructs/private/engines';
import { docker, run } from './docker';
import { sha256, type ContractCluster } from './server';
import { PROJECT } from './test-cluster';

export const context = join(PROJECT, 'images', 'iris');
export const directory = '/durable/iris/mgr/myappdata/';
const pki = { CA_ROOT: '/ecp/files/pki/ca.pem', CA_PRIVATE_KEY: '/ecp/files/pki/key.pem' };
/** What a construct delivers, and what a test changes in it. */
const documentOf = (
  role: 'data-server' | 'app-server',
  variables: Record<string, string>,
): Record<string, Record<string, object>> =>
  JSON.parse(
    renderConfigDocument({
      file: DEFAULT_CONFIG_FILE[role],
      role,
      engine: IRIS_ENGINE,
      allowInsecure: false,
      variables: { ...pki, ...variables },
    }).text,
  ) as Record<string, Record<string, object>>;
export const dataConfig = documentOf('data-server', {
  CA_SERVER: '/ecp/files/pki/cert.pem',
  CLIENT_SYSTEMS: '',
  PRIVATE_KEY_TYPE: '2',
});
export const appConfig = documentOf('app-server', {
  CA_CLIENT: '/ecp/files/pki/cert.pem',
  DATASERVER_NAME: 'data-server',
  DATASERVER_IP: 'data-server',
  DATASERVER_PORT: '1972',
  REMOTE_DB_NAME: 'myappdata',
  PRIVATE_KEY_TYPE: '2',
});
export const extra = {
  'iris.key': 'a licence key\n',
  password: 'a password\n',
  'merge.cpf': '[config]\nMaxServerConn=16\n',
};

/** Files with the names that the image takes from Config-API, and the sum that its build expects. */
export const CONFIG_API = [
  'Api/Config/Api.Config.inc',
  'Api/Config/Developers/Helper.cls',
  'Api/Config/Developers/Utils.cls',
  'Api/Config/Services/Loader.cls',
];

async function buildImages(label: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-iris-'));
  const content = (path: string) => `stand-in for ${path}\n`;
  for (const path of [...CONFIG_API, 'Api/Config/REST/impl.cls']) {
    mkdirSync(dirname(join(folder, 'sources', 'src', path)), { recursive: true });
    writeFileSync(join(folder, 'sources', 'src', path), content(path));
  }
  const archive = join(folder, 'config-api.tar.gz');
  await run('tar', ['-czf', archive, '-C', folder, 'sources']);
  const sums = [...CONFIG_API].sort().map(path => `${sha256(content(path))}  ${path}\n`);
  const server = createServer((_, response) => response.end(readFileSync(archive))).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  try {
    const base = `ecp-iris-stand-in:${process.pid}`;
    await docker(
      [
        'build',
        '-q',
        '-t',
        base,
        '--label',
        label,
        '--build-arg',
        `BASE_IMAGE=${await debian()}`,
        join(__dirname, '..', 'fixtures', 'iris-stand-in'),
      ],
      { timeoutSec: 300 },
    );
    const tag = `ecp-iris-contract:${process.pid}`;
    await docker(
      [
        'build',
        '-q',
        '-t',
        tag,
        '--network',
        'host',
        '--label',
        label,
        '--build-arg',
        `BASE_IMAGE=${base}`,
        '--build-arg',
        `CONFIG_API=http://127.0.0.1:${(server.address() as AddressInfo).port}/config-api.tar.gz`,
        '--build-arg',
        `CONFIG_API_SHA256=${sha256(sums.join(''))}`,
        context,
      ],
      { timeoutSec: 300 },
    );
    return tag;
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

export async function debian(): Promise<string> {
  const local = 'ecp-rehearsal-base:bookworm';
  const hasLocal = (await docker(['image', 'inspect', local], { mayFail: true })).code === 0;
  return process.env.ECP_REHEARSAL_BASE_IMAGE ?? (hasLocal ? local : 'debian:bookworm-slim');
}

/** The image of images/iris on the stand-in, with what constructs/iris-image.ts gives a container. */
export async function makeIrisBed(cluster: string): Promise<ContractCluster> {
  return {
    image: await buildImages(`ecp.cluster=${cluster}`),
    cluster,
    engineOptions: role => [
      ...['SETUID', 'SETGID', 'DAC_OVERRIDE', 'FOWNER'].flatMap(name => ['--cap-add', name]),
      ...(role === 'data-server' ? ['-e', 'ISC_DATA_DIRECTORY=/durable/iris'] : []),
    ],
  };
}

export async function removeIrisImages(): Promise<void> {
  for (const name of ['ecp-iris-contract', 'ecp-iris-stand-in'])
    await docker(['image', 'rm', `${name}:${process.pid}`], { mayFail: true });
}
