import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCRATCH } from '../../../app/folders';
import { findGo } from '../../../cli/machine/go';
import { run } from '../../../cli/process';
import { eventually, must } from '../support/test-cluster';
import { secretFile } from './context';
import type { RepositoryServer } from './repository-server';

/** The release that go.mod in its folder names. */
const VERSION = 'v1.8.0';
const SOURCE = join(__dirname, '..', 'fixtures', 's3-server');
const SECRET = 'a secret of tests';

/** Starts Versity's S3 gateway, which checks signatures. @returns settings of a repository in it */
export async function startS3Server(server: RepositoryServer, program: string): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-s3-'));
  try {
    cpSync(join(SOURCE, 'Dockerfile'), join(folder, 'Dockerfile'));
    cpSync(program, join(folder, 'versitygw'));
    await server.start(folder, ['--env', 'ROOT_ACCESS_KEY=keeper', '--env', `ROOT_SECRET_KEY=${SECRET}`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await eventually('the S3 server listens', 20, async () => {
    const probe = await run('docker', ['exec', server.name, 'bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/7070']);
    return probe.code === 0 ? true : undefined;
  });
  return {
    ECP_BACKUP_REPOSITORY: `s3:http://${server.name}:7070/backups/ecp`,
    ECP_BACKUP_S3_KEY_ID_FILE: secretFile('s3-key-id', 'keeper\n'),
    ECP_BACKUP_S3_SECRET_KEY_FILE: secretFile('s3-secret-key', `${SECRET}\n`),
  };
}

/** Builds its program, once. @returns where it is */
export async function buildS3Server(): Promise<string> {
  const file = join(SCRATCH, 'test', `versitygw-${VERSION}`);
  if (existsSync(file)) return file;
  const { program: go } = await findGo();
  mkdirSync(join(SCRATCH, 'test'), { recursive: true });
  const scratch = `${file}.${process.pid}`;
  const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', scratch, 'github.com/versity/versitygw/cmd/versitygw'];
  const env = {
    CGO_ENABLED: '0',
    GOFLAGS: '-mod=readonly -buildvcs=false',
    GOWORK: 'off',
    HOME: process.env.HOME ?? homedir(),
  };
  must(await run(go, args, { cwd: SOURCE, env, timeoutSec: 900 }), 'go build of the S3 server');
  renameSync(scratch, file);
  return file;
}
