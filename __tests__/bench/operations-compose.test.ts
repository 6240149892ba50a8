import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../app/synthesize';
import { writeComposeFiles } from '../../bench/operations/compose-files';

interface Service {
  readonly [key: string]: unknown;
  readonly labels: Readonly<Record<string, string>>;
}

let folder: string;
let project: string;
let services: Readonly<Record<string, Service>>;
let compose: Readonly<Record<string, unknown>>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-bench-'));
  project = join(folder, 'project');
  const { stackDirectory } = synthesize({
    CDKTF_OUTDIR: join(folder, 'out'),
    ECP_STATE_DIR: join(folder, 'state'),
    CDKTF_CONTEXT_JSON: '{}',
    ECP_CLUSTER: 'demo',
    ECP_APP_SERVERS: '3',
    ECP_APP_SERVER_WEB_PORT_BASE: '26100',
    ECP_REHEARSAL_BASE_IMAGE: 'debian:bookworm-slim',
  });
  const file = writeComposeFiles(stackDirectory, project);
  compose = JSON.parse(readFileSync(file, 'utf8')) as typeof compose;
  services = compose.services as typeof services;
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('the compose file', () => {
  it('has one service for each server, by its name', () => {
    expect(Object.keys(services)).toEqual(['data-server', 'app-server-1', 'app-server-2', 'app-server-3']);
  });

  it('makes an application server what the stack makes it', () => {
    expect(services['app-server-2']).toEqual({
      container_name: 'demo-app-server-2',
      hostname: 'app-server-2',
      image: expect.stringMatching(/^ecp-rehearsal:[0-9a-f]{12}$/) as string,
      pull_policy: 'never',
      environment: ['ECP_ROLE=app-server', expect.stringMatching(/^ECP_CONFIG_SHA256=[0-9a-f]{64}$/)],
      user: '51773',
      cap_add: [],
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges'],
      read_only: true,
      tmpfs: expect.arrayContaining([expect.stringMatching(/^\/run\/ecp:.*uid=51773/)]) as string[],
      volumes: [{ type: 'bind', source: join(project, 'app-server', 'files'), target: '/ecp/files', read_only: true }],
      networks: { ecp: { aliases: ['app-server-2'] } },
      ports: [{ target: 52773, published: '26102', host_ip: '127.0.0.1', protocol: 'tcp' }],
      mem_limit: '128m',
      memswap_limit: '128m',
      cpu_shares: 1024,
      restart: 'unless-stopped',
      stop_signal: 'SIGTERM',
      stop_grace_period: '60s',
      logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
      healthcheck: {
        test: ['CMD', 'ecp-node', 'healthcheck'],
        interval: '500ms',
        timeout: '2m5s',
        start_period: '2m0s',
        retries: 2,
      },
      labels: expect.objectContaining({ 'ecp.cluster': 'demo', 'ecp.role': 'app-server' }) as object,
      depends_on: { 'data-server': { condition: 'service_healthy' } },
    });
  });

  it('keeps the data in a volume of its own and labels what it makes, so that it can be found and removed', () => {
    expect(services['data-server']?.volumes).toContainEqual({ type: 'volume', source: 'data', target: '/durable' });
    expect(compose.volumes).toEqual({ data: { name: 'demo-data', labels: { 'ecp.cluster': 'demo' } } });
    expect(compose.networks).toEqual({
      ecp: { name: 'demo', driver: 'bridge', internal: false, labels: { 'ecp.cluster': 'demo' } },
    });
  });
});

describe('the files', () => {
  const read = (path: string): string => readFileSync(join(project, path), 'utf8');

  it('are the configuration whose hash the servers are told', () => {
    const { environment } = services['app-server-1'] as unknown as { environment: string[] };
    const hash = execFileSync('sha256sum', [join(project, 'app-server/source/config.json')], { encoding: 'utf8' });
    expect(environment).toContain(`ECP_CONFIG_SHA256=${hash.slice(0, 64)}`);
  });

  it('admit the certificate that the application servers share; made anew it replaces the old one in one step', () => {
    const script = join(__dirname, '../../bench/compose/certificates.sh');
    const makeCertificates = (): [X509Certificate, string] => {
      execFileSync(script, [project]);
      return [
        new X509Certificate(read('app-server/files/pki/cert.pem')),
        readlinkSync(join(project, 'app-server/files/current')),
      ];
    };
    const [first, firstGeneration] = makeCertificates();
    const [second, secondGeneration] = makeCertificates();
    expect(read('data-server/files/authorized-clients')).toBe(`${first.subject}\n`);
    expect(second.subject).toBe(first.subject);
    expect(second.serialNumber).not.toBe(first.serialNumber);
    expect(secondGeneration).not.toBe(firstGeneration);
    expect(second.checkIssued(new X509Certificate(read('data-server/files/pki/ca.pem')))).toBe(true);
    const dataServer = new X509Certificate(read('data-server/files/pki/cert.pem'));
    expect(dataServer.checkHost('data-server')).toBe('data-server');
    expect(statSync(join(project, 'data-server/files/pki/key.pem')).mode & 0o222).toBe(0);
  });
});
