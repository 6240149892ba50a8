import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EcpCluster, Swarm, type EcpMonitoringOptions } from '../constructs';
import { prometheusRules } from '../constructs/monitoring/prometheus-config';
import { SURROUNDINGS, container, emptyStack, labels, synth, unpackDelivery } from './synth';

function stackOf(options: EcpMonitoringOptions = {}, appServers = ['app-server-1']): ReturnType<typeof emptyStack> {
  const stack = emptyStack();
  const { image, network, pki } = SURROUNDINGS;
  new EcpCluster(stack, 'cluster', { image, network, pki, appServers }).addMonitoring(options);
  return stack;
}

const delivered = (stack: ReturnType<typeof emptyStack>, name: string): Readonly<Record<string, string>> =>
  unpackDelivery(container(stack, `ecp-${name}-files`).upload ?? []);

test.each([
  ['prometheus', 9090, 512],
  ['alertmanager', 9093, 128],
])('%s is published on 127.0.0.1 alone, and runs as the servers do, without privileges', (name, port, memory) => {
  expect(container(stackOf(), `ecp-${name}`)).toMatchObject({
    user: '51773',
    read_only: true,
    capabilities: { drop: ['ALL'] },
    security_opts: ['no-new-privileges'],
    memory,
    memory_swap: memory,
    ports: [{ internal: port, external: port, ip: '127.0.0.1', protocol: 'tcp' }],
  });
});

test('every server is a target, also one that comes later, and only the targets differ then', () => {
  const [before, after] = [stackOf(), stackOf({}, ['app-server-1', 'app-server-2'])];
  const targets = (stack: ReturnType<typeof emptyStack>): string[] =>
    (JSON.parse(delivered(stack, 'prometheus')['targets.json']!) as { targets: string[] }[]).flatMap(
      each => each.targets,
    );
  expect(targets(before)).toEqual(['ecp-data-server:52773', 'ecp-app-server-1:52773']);
  expect(targets(after)).toEqual([...targets(before), 'ecp-app-server-2:52773']);
  expect(container(after, 'ecp-prometheus')).toEqual(container(before, 'ecp-prometheus'));
});

test('other rules make another container of Prometheus, and of nothing else', () => {
  const [before, after] = [stackOf(), stackOf({ alertForSec: 1 })];
  expect(labels(container(after, 'ecp-prometheus'))).not.toEqual(labels(container(before, 'ecp-prometheus')));
  for (const name of ['alertmanager', 'data-server', 'app-server-1'])
    expect(container(after, `ecp-${name}`)).toEqual(container(before, `ecp-${name}`));
});

test('the rules are those of the package, but for their times', () => {
  const own = readFileSync(join(__dirname, '..', 'images', 'monitoring', 'rules.yml'), 'utf8');
  expect(delivered(stackOf(), 'prometheus')['rules.yml']).toBe(own);
  const short = prometheusRules({ forSec: 1, windowSec: 30 });
  expect(short).toContain('ecp_server_start_timestamp_seconds[30s]');
  expect([...new Set(short.match(/for: \S+/g))]).toEqual(['for: 1s']);
});

test('official images take the place of the one that is built', () => {
  const images = {
    prometheus: 'docker.io/prom/prometheus:v2.53.3',
    alertmanager: 'docker.io/prom/alertmanager:v0.27.0',
  };
  const names = Object.values(synth(stackOf({ images })).resource!.docker_image!).map(
    each => (each as { name: string }).name,
  );
  expect(names.sort()).toEqual(Object.values(images).sort());
});

test.each<[string, EcpMonitoringOptions, RegExp]>([
  [
    'one port for both',
    { prometheusPort: 9093 },
    /^'alertmanagerPort' must be another than 'prometheusPort', got 9093/,
  ],
  ['a port that is none', { prometheusPort: 0 }, /^'prometheusPort' must be/],
  ['no interval', { scrapeIntervalSec: 0 }, /^'scrapeIntervalSec' must be/],
  ['no file', { alertmanagerConfigFile: '/nowhere' }, /^'alertmanagerConfigFile' must be/],
  ['no image', { images: { prometheus: ' ', alertmanager: 'a:1' } }, /^'images' must be/],
])('%s is refused', (_, options, sentence) => {
  expect(() => stackOf(options)).toThrow(sentence);
});

test('monitoring is refused twice, and on a swarm', () => {
  const stack = emptyStack();
  const { image, network, pki } = SURROUNDINGS;
  const twice = new EcpCluster(stack, 'cluster', { image, network, pki, monitoring: {} });
  expect(() => twice.addMonitoring()).toThrow(/^'monitoring' must be set once/);
  const moving = { ...image, imageReference: 'registry.example.org/ecp@sha256:0' };
  const platform = new Swarm(stack, 'swarm');
  expect(
    () => new EcpCluster(stack, 'moving', { clusterName: 'moving', image: moving, pki, platform, monitoring: {} }),
  ).toThrow(/^'monitoring' must be left out on a swarm/);
});
