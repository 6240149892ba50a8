import { App, Testing, type TerraformStack } from 'cdktf';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { addressOf, containersOf, exampleStacks, serversOf, writeCertificates } from './example-stacks';
import { stableStack } from '../constructs';
import { container, deliveredFiles, resources, synth, type ContainerJson } from './synth';

const ROOT = resolve(__dirname, '..');
const certificates = writeCertificates();
const STACKS = exampleStacks(certificates);
afterAll(() => rmSync(certificates, { recursive: true }));

/** What a stack has: containers that stay, with their ports on the host, and how many resources of each type. */
interface Parts {
  readonly servers: Readonly<Record<string, number | undefined>>;
  readonly resources: Readonly<Record<string, number>>;
}

const PARTS: Readonly<Record<string, Parts>> = {
  'web-app': {
    servers: { 'notes-app-server-1': 8801, 'notes-app-server-2': 8802, 'notes-data-server': 8700, 'notes-web': 8080 },
    resources: docker({ container: 7, image: 4, network: 1, volume: 3 }, 3),
  },
  'two-clusters': {
    servers: {
      'blue-app-server-1': 8201,
      'blue-data-server': 8200,
      'green-app-server-1': 8301,
      'green-data-server': 8300,
    },
    resources: docker({ container: 8, image: 2, network: 2, volume: 4 }, 4, 2),
  },
  'join-existing: existing': {
    servers: { 'central-data-server': undefined },
    // A certificate more than servers: that of the guest.
    resources: docker({ container: 2, image: 2, network: 1, volume: 1 }, 2),
  },
  'join-existing: joining': {
    servers: { 'guests-reports': undefined },
    resources: docker({ container: 2, image: 2, volume: 1 }),
  },
  'own-certificates: own authority': {
    servers: { 'own-ca-app-server-1': 8401, 'own-ca-data-server': 8400 },
    resources: docker({ container: 4, image: 2, network: 1, volume: 2 }, 2, 0),
  },
  'own-certificates: external files': {
    servers: { 'external-app-server-1': 8501, 'external-data-server': 8500 },
    resources: docker({ container: 4, image: 2, network: 1, volume: 2 }),
  },
  'several-hosts': {
    servers: { 'wide-app-server-1': 8101, 'wide-app-server-2': 8102, 'wide-data-server': 81 },
    resources: docker({ container: 6, image: 6, network: 1, volume: 3 }, 3),
  },
  'policy-aspect': {
    servers: { 'policed-app-server-1': 8601, 'policed-data-server': 8600 },
    resources: docker({ container: 4, image: 2, network: 1, volume: 2 }, 2),
  },
  'team-state': {
    servers: { 'team-app-server-1': 8901, 'team-data-server': 8900 },
    resources: docker({ container: 4, image: 2, network: 1, volume: 2 }, 2),
  },
};

/** Counts by type of the Docker resources, and of those that `certificates` of so many new `authorities` take. */
function docker(counts: Readonly<Record<string, number>>, certificates = 0, authorities = 1): Record<string, number> {
  const all = Object.fromEntries(Object.entries(counts).map(([type, count]) => [`docker_${type}`, count]));
  if (certificates === 0) return all;
  const signed = { tls_cert_request: certificates, tls_locally_signed_cert: certificates };
  const made: Record<string, number> = authorities === 0 ? {} : { tls_self_signed_cert: authorities };
  return { ...all, ...signed, ...made, tls_private_key: certificates + authorities };
}

const stackOf = (name: string): TerraformStack => STACKS[name]!(Testing.app());

describe.each(Object.keys(STACKS))('%s', name => {
  test('has its servers and resources, and no others', () => {
    const stack = stackOf(name);
    const staying = containersOf(stack).filter(each => each.must_run !== false);
    const portOf = ({ ports }: ContainerJson) => (ports as { external: number }[] | undefined)?.[0]?.external;
    const counts = Object.entries(synth(stack).resource!).map(([type, each]) => [type, Object.keys(each).length]);
    expect({
      servers: Object.fromEntries(staying.map(each => [each.name, portOf(each)])),
      resources: Object.fromEntries(counts) as object,
    }).toEqual(PARTS[name]);
  });

  test('confines every container, and shows a port to this machine alone', () => {
    for (const each of containersOf(stackOf(name))) {
      expect(each).toMatchObject({ security_opts: ['no-new-privileges'], capabilities: { drop: ['ALL'] } });
      expect(each.memory_swap).toBe(each.memory);
      for (const { ip } of (each.ports ?? []) as { ip: string }[]) expect(ip).toBe('127.0.0.1');
    }
  });

  test('gives every server the one network, a root that nobody writes and files that were delivered', () => {
    const stack = stackOf(name);
    expect(serversOf(stack)).toHaveLength(containersOf(stack).filter(each => each.must_run === false).length);
    for (const server of serversOf(stack)) {
      const { hostname } = server;
      expect(server).toMatchObject({ read_only: true, networks_advanced: [{ aliases: [hostname] }] });
      const [files] = server.volumes as { volume_name: string; container_path: string; read_only: boolean }[];
      expect(files).toMatchObject({ container_path: '/ecp/files', read_only: true });
      const delivery = container(stack, `${server.name}-files`);
      expect(delivery.volumes).toEqual([{ container_path: '/ecp/files', volume_name: files!.volume_name }]);
      expect(server.depends_on).toContain(`docker_container.${addressOf(stack, delivery)}`);
    }
  });

  test('gives every server the certificate of its own name, its key, and the authority that signed it', () => {
    const stack = stackOf(name);
    for (const { name: server, hostname } of serversOf(stack)) {
      const files = deliveredFiles(stack, server);
      const sources = (container(stack, `${server}-files`).upload ?? []).filter(each => 'source' in each);
      if (files['pki/cert.pem'] === undefined) {
        const names = sources.map(each => basename((each as unknown as { source: string }).source));
        expect(names).toEqual(
          name.startsWith('join')
            ? ['ca.pem', 'cert.pem', 'key.pem']
            : ['ca.pem', `${hostname}.pem`, `${hostname}.key`],
        );
        continue;
      }
      const certificate = referred(stack, files['pki/cert.pem']);
      const request = referred(stack, certificate.cert_request_pem as string);
      expect(request.subject).toEqual([{ common_name: hostname }]);
      expect(files['pki/key.pem']).toBe(request.private_key_pem);
      expect(files['pki/ca.pem']).toBe(certificate.ca_cert_pem);
    }
  });

  test('is the same twice, and names neither a folder of this machine nor a time', () => {
    const text = JSON.stringify(stableStack(stackOf(name)));
    expect(text).toBe(JSON.stringify(stableStack(stackOf(name))));
    for (const folder of [ROOT, tmpdir(), homedir(), process.cwd()]) expect(text).not.toContain(`${folder}/`);
    expect(text).not.toMatch(/20\d\d-\d\d-\d\d/);
  });

  test('passes the validations of cdktf and of its own aspects', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'ecp-example-'));
    try {
      const app = new App({ outdir });
      STACKS[name]!(app);
      expect(() => app.synth()).not.toThrow();
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });
});

/** The resource that a reference such as `${tls_cert_request.x.cert_request_pem}` is to. */
function referred(stack: TerraformStack, reference: string): Record<string, unknown> {
  const [, type = '', id = ''] = /^\$\{(\w+)\.([\w-]+)\.\w+\}$/.exec(reference)!;
  return resources(stack, type)[id]!;
}

test('stableStack names a file by its own name, without its hash', () => {
  const text = JSON.stringify(stableStack(stackOf('own-certificates: external files')));
  expect(text).toContain('"source":"<folder>/data-server.key","source_hash":"<hash>"');
  expect(text).toContain('"name":"ecp-rehearsal:<hash>"');
  expect(text).toMatch(/"context":"assets\/[^"]*<hash>"/);
  expect(text).not.toContain('#!/');
});
