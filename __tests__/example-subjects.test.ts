import { App, Testing, type TerraformStack } from 'cdktf';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PolicyStack } from '../examples/policy-aspect/main';
import { addressOf, containersOf, exampleStacks, serversOf, STATE_DATABASE, writeCertificates } from './example-stacks';
import { container, deliveredFiles, labels, resource, resources } from './synth';

const certificates = writeCertificates();
const STACKS = exampleStacks(certificates);
afterAll(() => rmSync(certificates, { recursive: true }));
const stackOf = (name: string): TerraformStack => STACKS[name]!(Testing.app());

test('web-app: the servers run its own image on the rehearsal engine, and its page uses one of them', () => {
  const stack = stackOf('web-app');
  for (const server of serversOf(stack)) expect(server.image).toBe('${docker_image.notes-api.image_id}');
  expect(resources(stack, 'docker_image')['notes-api']).toMatchObject({
    build: { build_args: { BASE_IMAGE: expect.stringMatching(/^\$\{docker_image\.engine_\w+\.name\}$/) as string } },
  });
  const page = container(stack, 'notes-web');
  expect(page).toMatchObject({ env: ['NOTES_API=app-server-1:8080'], user: '51773', read_only: true });
  expect(page.depends_on).toEqual(
    expect.arrayContaining(
      ['notes-app-server-1', 'notes-app-server-2'].map(
        name => `docker_container.${addressOf(stack, container(stack, name))}`,
      ),
    ),
  );
});

test('two-clusters: nothing but the image is shared', () => {
  const stack = stackOf('two-clusters');
  for (const cluster of ['blue', 'green']) {
    const servers = serversOf(stack).filter(each => labels(each)['ecp.cluster'] === cluster);
    expect(servers.map(({ name }) => name)).toEqual([`${cluster}-app-server-1`, `${cluster}-data-server`]);
    for (const server of servers) expect(JSON.stringify(server)).not.toContain(cluster === 'blue' ? 'green' : 'blue');
  }
});

test('join-existing: the first stack hands out the guest’s certificate and never the key of the authority', () => {
  const stack = stackOf('join-existing: existing');
  const { output } = JSON.parse(Testing.synth(stack)) as { output: object };
  expect(output).toEqual({
    reports: {
      sensitive: true,
      value: {
        'ca.pem': expect.stringMatching(/^\$\{tls_self_signed_cert\.pki_ca-1_\w+\.cert_pem\}$/) as string,
        'cert.pem': expect.stringMatching(/^\$\{tls_locally_signed_cert\.pki_reports_\w+\.cert_pem\}$/) as string,
        'key.pem': expect.stringMatching(/^\$\{tls_private_key\.pki_reports_key_\w+\.private_key_pem\}$/) as string,
      },
    },
  });
  expect(deliveredFiles(stack, 'central-data-server')['authorized-clients']).toContain('CN=reports\n');
});

test('join-existing: the second finds the network and makes none, and knows the data server by name', () => {
  const stack = stackOf('join-existing: joining');
  const { data, provider } = JSON.parse(Testing.synth(stack)) as Record<string, object>;
  expect(data).toEqual({ docker_network: { existing: { name: 'central' } } });
  expect(Object.keys(provider!)).toEqual(['docker']);
  expect(container(stack, 'guests-reports').networks_advanced).toEqual([
    { aliases: ['reports'], name: '${data.docker_network.existing.id}' },
  ]);
  const document = JSON.parse(deliveredFiles(stack, 'guests-reports')['config.json']!) as Record<string, object>;
  expect(document.ECPServers).toMatchObject({ 'data-server': { Address: 'data-server', Port: '1972' } });
});

test('own-certificates: the authority comes in by variables, which are no output of a plan', () => {
  const stack = stackOf('own-certificates: own authority');
  const { variable } = JSON.parse(Testing.synth(stack)) as Record<string, object>;
  const hidden = { type: 'string', sensitive: true, nullable: false };
  expect(variable).toEqual({ ca_certificate: hidden, ca_private_key: hidden });
  for (const certificate of Object.values(resources(stack, 'tls_locally_signed_cert')))
    expect(certificate).toMatchObject({
      ca_cert_pem: '${var.ca_certificate}',
      ca_private_key_pem: '${var.ca_private_key}',
      validity_period_hours: 2160,
      early_renewal_hours: 720,
    });
  const uses = Object.values(resources<{ allowed_uses: string[] }>(stack, 'tls_locally_signed_cert'));
  expect(uses.map(({ allowed_uses: [, use] }) => use)).toEqual(['client_auth', 'server_auth']);
});

test('own-certificates: with external files no PEM is in the stack, no resource makes one, and the key’s type is known', () => {
  const stack = stackOf('own-certificates: external files');
  const text = Testing.synth(stack);
  expect(text).not.toContain('-----BEGIN');
  expect(text).not.toContain('"tls_');
  for (const server of ['external-app-server-1', 'external-data-server'])
    expect(deliveredFiles(stack, server)['config.json']).toContain('"PrivateKeyType": "3"');
});

test('several-hosts: one overlay network, and each Docker resource on the host of its server', () => {
  const stack = stackOf('several-hosts');
  const document = JSON.parse(Testing.synth(stack)) as {
    provider: Record<string, object[]>;
    resource: Record<string, Record<string, { provider?: string }>>;
  };
  expect(document.provider.docker).toEqual([
    { alias: 'data-server', host: 'ssh://ops@data.example.org' },
    { alias: 'app-server-1', host: 'ssh://ops@east.example.org' },
    { alias: 'app-server-2', host: 'ssh://ops@west.example.org' },
  ]);
  expect(resource(stack, 'docker_network')).toMatchObject({ name: 'wide', driver: 'overlay', attachable: true });
  const placed = Object.entries(document.resource).flatMap(([type, each]) =>
    Object.values(each).map(({ provider }) => `${type} ${provider ?? 'none'}`),
  );
  const onHosts = ['docker_container', 'docker_image', 'docker_volume'].flatMap(type =>
    ['app-server-1', 'app-server-2', 'data-server'].map(host => `${type} docker.${host}`),
  );
  expect([...new Set(placed)].sort()).toEqual(
    [
      ...onHosts,
      'docker_network docker.data-server',
      ...['cert_request', 'locally_signed_cert', 'private_key', 'self_signed_cert'].map(type => `tls_${type} none`),
    ].sort(),
  );
});

test('policy-aspect: the label is on every container, beside those that it had', () => {
  const stack = stackOf('policy-aspect');
  for (const each of containersOf(stack))
    expect(labels(each)).toMatchObject({ owner: 'platform-team', 'ecp.cluster': 'policed' });
});

test('policy-aspect: a server above the ceiling is an error at synth', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'ecp-example-'));
  const app = new App({ outdir });
  new PolicyStack(app, 'policy', { dataServerMemoryMiB: 1024 });
  expect(() => app.synth()).toThrow(
    "[policy/cluster/data-server/Resource] 'memory' must be at most 512 MiB (policy of the platform team), got 1024; lower it",
  );
  rmSync(outdir, { recursive: true });
});

test('team-state: the state is in the database', () => {
  const { terraform } = JSON.parse(Testing.synth(stackOf('team-state'))) as Record<string, { backend?: object }>;
  expect(terraform!.backend).toEqual({ pg: { conn_str: STATE_DATABASE, schema_name: 'ecp' } });
});
