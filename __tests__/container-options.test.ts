import { TerraformVariable, type TerraformStack } from 'cdktf';
import { EcpCluster, EcpDataServer, type EcpContainerOptions, type EcpDataServerProps } from '../constructs';
import { SURROUNDINGS, container, emptyStack, labels, type ContainerJson } from './synth';

function stackOf(props: Partial<EcpDataServerProps>): TerraformStack {
  const stack = emptyStack();
  new EcpDataServer(stack, 'server', { ...SURROUNDINGS, clusterName: 'ecp', ...props });
  return stack;
}

const dataServer = (props: object): ContainerJson => container(stackOf(props), 'ecp-data-server');
const probeOf = (props: object): string | undefined => labels(dataServer(props))['ecp.probe'];

describe('a container', () => {
  test('restarts unless it was stopped, and keeps three log files of 10 MB', () => {
    const json = dataServer({});
    expect(json).toMatchObject({
      restart: 'unless-stopped',
      log_driver: 'json-file',
      log_opts: { 'max-size': '10m', 'max-file': '3' },
    });
    expect(json).not.toHaveProperty('max_retry_count');
  });

  test.each(['always', 'no', 'unless-stopped'] as const)('restarts by the policy %j', restart => {
    const json = dataServer({ restart });
    expect(json.restart).toBe(restart);
    expect(json).not.toHaveProperty('max_retry_count');
    expect(labels(json)).toEqual(labels(dataServer({})));
  });

  test('gives up after as many failures as it is told', () => {
    expect(dataServer({ restart: 'on-failure:5' })).toMatchObject({ restart: 'on-failure', max_retry_count: 5 });
  });

  test('has labels beside those of the package, and so has its delivery', () => {
    const stack = stackOf({ labels: { 'org.example.team': 'data', zone: '' } });
    const server = container(stack, 'ecp-data-server');
    expect(labels(server)).toEqual({ ...labels(dataServer({})), 'org.example.team': 'data', zone: '' });
    expect(labels(container(stack, 'ecp-data-server-files'))).toMatchObject({
      'ecp.role': 'delivery',
      'org.example.team': 'data',
    });
  });

  test('passes on a value of another resource as a label', () => {
    const stack = emptyStack();
    const team = new TerraformVariable(stack, 'team', { type: 'string' }).stringValue;
    new EcpDataServer(stack, 'server', { ...SURROUNDINGS, clusterName: 'ecp', labels: { team } });
    expect(labels(container(stack, 'ecp-data-server')).team).toBe('${var.team}');
  });

  test('logs by another driver, which has no options of ours', () => {
    const json = dataServer({ logDriver: 'journald' });
    expect(json.log_driver).toBe('journald');
    expect(json).not.toHaveProperty('log_opts');
    expect(dataServer({ logDriver: 'local', logOptions: { compress: 'false' } }).log_opts).toEqual({
      compress: 'false',
    });
  });

  test('does not lose the bound of its log by another option', () => {
    expect(dataServer({ logOptions: { 'max-size': '50m', tag: 'ecp' } }).log_opts).toEqual({
      'max-size': '50m',
      'max-file': '3',
      tag: 'ecp',
    });
  });

  test('is replaced by another log, which plans do not look at, and keeps the log of its delivery', () => {
    expect(probeOf({ logDriver: 'local' })).not.toBe(probeOf({}));
    expect(probeOf({ logOptions: { 'max-size': '50m' } })).not.toBe(probeOf({}));
    expect(probeOf({ logDriver: 'json-file', logOptions: { 'max-file': '3' } })).toBe(probeOf({}));
    // What a delivery says is read from its log.
    expect(container(stackOf({ logDriver: 'none' }), 'ecp-data-server-files').log_driver).toBe('json-file');
  });
});

describe('options of a container are refused', () => {
  const token = new TerraformVariable(emptyStack(), 'later', { type: 'string' }).stringValue;
  const known = (prop: string): string => `'${prop}' must be known at synth, got a value of another resource`;
  const policies = (got: string): string =>
    `'restart' must be 'unless-stopped', 'always', 'no' or 'on-failure:' and a number from 1, such as 'on-failure:5', got '${got}'; correct it`;
  const driver = (got: string): string =>
    `'logDriver' must name a logging driver of Docker, such as 'local' or 'journald', got '${got}'; correct it or leave it out`;

  test.each<[object, string]>([
    [{ restart: 'on-failure' }, policies('on-failure')],
    [{ restart: 'on-failure:0' }, policies('on-failure:0')],
    [{ restart: 'never' }, policies('never')],
    [{ restart: token }, known('restart')],
    [
      { labels: { 'ecp.role': 'x' } },
      "'labels' must leave keys that begin with 'ecp.' to this package, got 'ecp.role'; choose another",
    ],
    [
      { labels: { '': 'x' } },
      "'labels' must have keys of letters, digits, '.', '_', '/' and '-', such as 'org.example.team', got ''; correct it",
    ],
    [{ labels: { [token]: 'x' } }, known('labels')],
    [{ labels: { team: 1 } }, "'labels' must have texts as values, got 1 for 'team'; put it in quotes"],
    [{ logDriver: '' }, driver('')],
    [{ logDriver: 'json file' }, driver('json file')],
    [{ logDriver: token }, known('logDriver')],
    [
      { logOptions: { 'max-file': 3 } },
      "'logOptions' must have texts as values, got 3 for 'max-file'; put it in quotes",
    ],
    [{ logOptions: { 'max-file': token } }, known('logOptions')],
    [{ logOptions: { '': 'x' } }, "'logOptions' must have names, got '' for 'x'; correct it"],
  ])('%j', (props, sentence) => {
    expect(() => dataServer(props)).toThrow(new Error(sentence));
  });
});

describe('options of a cluster', () => {
  const shared: EcpContainerOptions = {
    restart: 'on-failure:5',
    labels: { team: 'data', zone: 'a' },
    logDriver: 'fluentd',
    logOptions: { 'fluentd-address': 'logs:24224', tag: 'ecp' },
  };

  test('hold for all of its servers', () => {
    const stack = emptyStack();
    new EcpCluster(stack, 'ecp', { ...SURROUNDINGS, ...shared });
    for (const name of ['ecp-data-server', 'ecp-app-server-1', 'ecp-app-server-2']) {
      expect(container(stack, name)).toMatchObject({
        restart: 'on-failure',
        max_retry_count: 5,
        log_driver: 'fluentd',
        log_opts: shared.logOptions,
      });
      expect(labels(container(stack, name))).toMatchObject(shared.labels!);
    }
  });

  test('give way to those of a server: label by label, and a log with its options as a whole', () => {
    const stack = emptyStack();
    const cluster = new EcpCluster(stack, 'ecp', {
      ...SURROUNDINGS,
      ...shared,
      appServers: [],
      dataServerOptions: { restart: 'always', labels: { zone: 'b' }, logDriver: 'local' },
      appServerOptions: { labels: { tier: 'cache' }, logOptions: { tag: 'cache' } },
    });
    cluster.addAppServer('batch', { labels: { zone: 'c' } });

    const data = container(stack, 'ecp-data-server');
    expect(data).toMatchObject({ restart: 'always', log_driver: 'local' });
    expect(data).not.toHaveProperty('log_opts');
    expect(labels(data)).toMatchObject({ team: 'data', zone: 'b' });
    const batch = container(stack, 'ecp-batch');
    expect(batch.log_opts).toEqual({ 'fluentd-address': 'logs:24224', tag: 'cache' });
    expect(labels(batch)).toMatchObject({ team: 'data', zone: 'c', tier: 'cache' });
  });
});
