import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EcpAppServer, EcpCluster } from '../constructs';
import { measuredParts, metricExpressions, metricsOf } from './metric-expressions';
import { SURROUNDINGS } from './synth';

const imageFile = (...path: string[]): string => readFileSync(join(__dirname, '..', 'images', ...path), 'utf8');

/** Series that a server of the rehearsal engine serves, which has these files as they are, and those that the rules make of them. */
const seriesIn = (file: string): string[] =>
  [...imageFile('rehearsal', 'haproxy', file).matchAll(/^(\w+)\{/gm)].map(([, name]) => name!);
const RULES = [...imageFile('monitoring', 'rules.yml').matchAll(/record: (\S+)\n +expr: ([^]*?)\n(?= *(?:#|-|\n))/g)];

test('each metric is a series that the servers of its part serve, or that the rules make of such', () => {
  const expressions = metricExpressions('shop');
  expect(Object.keys(expressions)).toHaveLength(14);
  for (const [metric, expression] of Object.entries(expressions)) {
    const name = /^[\w:]+/.exec(expression)![0];
    const served = seriesIn(metric.startsWith('appServer') ? 'metrics.txt' : 'metrics-backup.txt');
    const rule = (wanted: string): string[] =>
      RULES.filter(([, record]) => record === wanted).flatMap(([, , of = '']) =>
        [...of.matchAll(/\b(?:ecp_\w+|ecp:[\w:]+)/g)].flatMap(([each]) => (each.includes(':') ? rule(each) : [each])),
      );
    const needed = name.includes(':') ? rule(name) : [name];
    expect({ metric, known: needed.length > 0, unknown: needed.filter(each => !served.includes(each)) }).toEqual({
      metric,
      known: true,
      unknown: [],
    });
  }
});

test('each metric has the labels that targets have', () => {
  for (const [metric, expression] of Object.entries(metricExpressions('shop'))) {
    const server = metric.startsWith('appServer') ? 'app-server-1' : 'data-server';
    const labels = metric.startsWith('cluster.') ? '{cluster="shop"}' : `{cluster="shop",server="${server}"}`;
    expect(`${metric} ${expression}`.endsWith(labels)).toBe(true);
  }
});

test('a series of your own is asked for by its name', () => {
  const { cluster, appServer } = measuredParts() as { cluster: EcpCluster; appServer: EcpAppServer };
  expect(cluster.metric('ecp_server_state', { state: 'Trouble' })).toBe(
    'ecp_server_state{cluster="ecp",state="Trouble"}',
  );
  expect(appServer.metric('up', { job: 'ecp' })).toBe('up{cluster="ecp",server="app-server-1",job="ecp"}');
  expect(() => appServer.metric('up{}')).toThrow(
    `'series' must be the name of a series of Prometheus, such as 'ecp_server_normal', got 'up{}'; correct it`,
  );
});

test('IRIS is asked for what it has alone', () => {
  const parts = measuredParts({ image: { ...SURROUNDINGS.image, engine: 'iris' } });
  const given = Object.values(parts).flatMap(part =>
    metricsOf(part).filter(method => {
      try {
        return (part as Record<string, () => string>)[method]!() !== '';
      } catch (error) {
        expect((error as Error).message).toContain(`'${method}' must be asked of another engine than 'iris'`);
        return false;
      }
    }),
  );
  expect(given).toEqual(['metricServersNormal', 'metricNormal', 'metricNormal']);
});
