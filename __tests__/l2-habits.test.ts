import { Container } from '@cdktf/provider-docker/lib/container';
import { Service } from '@cdktf/provider-docker/lib/service';
import { Aspects, TerraformOutput } from 'cdktf';
import { EcpAppServer, EcpCluster, EcpDataServer, EcpLabelsAspect, EcpNetwork, Swarm } from '../constructs';
import { SURROUNDINGS, container, emptyStack, labels, resources, synth } from './synth';

test('a data server admits servers and names', () => {
  const stack = emptyStack();
  const dataServer = new EcpDataServer(stack, 'data', SURROUNDINGS);
  const reports = new EcpAppServer(stack, 'reports', { ...SURROUNDINGS, name: 'reports', dataServer });
  dataServer.allowFrom(reports, 'batch', 'app-server-1');
  expect(dataServer.admittedNames.slice(-2)).toEqual(['reports', 'batch']);
  expect(() => dataServer.allowFrom('data-server')).toThrow(/^'additionalClients' must name application servers/);
});

test('a data server has an address', () => {
  const published = { address: 'data.example.org', port: 1973 };
  expect(new EcpDataServer(emptyStack(), 'data', SURROUNDINGS).address).toBe('data-server:1972');
  expect(new EcpDataServer(emptyStack(), 'data', { ...SURROUNDINGS, publish: published }).address).toBe(
    'data.example.org:1973',
  );
});

test('a cluster has its names and addresses in one object, also as an output', () => {
  // GIVEN
  const stack = emptyStack();
  const cluster = new EcpCluster(stack, 'ecp', { clusterName: 'demo', appServers: ['app-server-1'] });

  // WHEN
  cluster.addAppServer('batch');
  new TerraformOutput(stack, 'cluster', { value: cluster.outputs, staticId: true });

  // THEN
  const expected = {
    clusterName: 'demo',
    engine: 'rehearsal',
    address: 'data-server:1972',
    dataServer: 'demo-data-server',
    dataVolume: 'demo-data',
    appServers: { 'app-server-1': 'demo-app-server-1', batch: 'demo-batch' },
    webUrls: { 'data-server': 'http://127.0.0.1:81', 'app-server-1': 'http://127.0.0.1:8101' },
  };
  expect(cluster.outputs).toEqual(expected);
  expect(synth(stack).output!.cluster!.value).toEqual(expected);
});

test('an internal network publishes no web pages', () => {
  const stack = emptyStack();
  const network = new EcpNetwork(stack, 'network', { clusterName: 'demo', internal: true });
  expect(new EcpCluster(stack, 'ecp', { network }).outputs.webUrls).toEqual({});
});

describe('labels by aspect', () => {
  const aspect = new EcpLabelsAspect({ labels: { 'org.example.team': 'data', stage: 'test' } });

  test('are on every container below, beside its own, which win', () => {
    const stack = emptyStack();
    new EcpCluster(stack, 'ecp', { ...SURROUNDINGS, appServers: [], labels: { stage: 'live' } });
    new Container(stack, 'other', { name: 'other', image: 'x' });
    Aspects.of(stack).add(aspect);
    expect(labels(container(stack, 'ecp-data-server'))).toMatchObject({
      'ecp.server': 'data-server',
      'org.example.team': 'data',
      stage: 'live',
    });
    expect(labels(container(stack, 'ecp-data-server-files'))).toMatchObject({ 'org.example.team': 'data' });
    expect(labels(container(stack, 'other'))).toEqual({ 'org.example.team': 'data', stage: 'test' });
  });

  test('are on every service, and on nothing else', () => {
    const stack = emptyStack();
    const platform = new Swarm(stack, 'swarm');
    const image = { ...SURROUNDINGS.image, imageReference: 'registry.example.org/ecp@sha256:0' };
    new EcpCluster(stack, 'ecp', { platform, image, appServers: [] });
    new Service(stack, 'other', { name: 'other', taskSpec: { containerSpec: { image: 'x' } } });
    Aspects.of(stack).add(aspect);
    const labelled = Object.entries(synth(stack).resource!).filter(([, each]) =>
      JSON.stringify(each).includes('org.example.team'),
    );
    expect(labelled.map(([type]) => type)).toEqual(['docker_service']);
    const services = Object.values(resources(stack, 'docker_service')).map(each => JSON.stringify(each.labels));
    expect(services.filter(each => !each.includes('org.example.team'))).toEqual([]);
  });

  test('follow the rules of labels', () => {
    expect(() => new EcpLabelsAspect({ labels: { 'ecp.team': 'x' } })).toThrow(/^'labels' must leave keys that begin/);
  });
});
