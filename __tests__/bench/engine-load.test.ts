import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildArguments } from '../../bench/engine/image';
import { ACTIONS } from '../../bench/engine/load';
import { CONNECTIONS, PLAIN_PROXY } from '../../bench/engine/proxy';

const PROJECT = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');
const product = (file: string): string => read(`images/rehearsal/haproxy/${file}.cfg`);

/** Lines of one section of an HAProxy configuration, without comments. */
function section(text: string, title: string): string[] {
  const lines = text.split('\n').filter(line => line.trim() && !line.trim().startsWith('#'));
  const begin = lines.indexOf(title) + 1;
  const end = lines.findIndex((line, index) => index >= begin && !line.startsWith(' '));
  return lines.slice(begin, end < 0 ? undefined : end).map(line => line.trim());
}

describe('the plain proxy', () => {
  it.each(['backend database', 'backend sync'])('has the %s of the product’s data server', title => {
    const backend = section(PLAIN_PROXY['data-server'], title);
    expect(backend).toEqual(section(product('data-server'), title));
    expect(backend.join()).toMatch(/server gtcm 127\.0\.0\.1:2972|server job unix@\/run\/ecp\/sync\.sock/);
  });

  it('has the timeouts of the product in both roles', () => {
    const defaults = section(product('common'), 'defaults');
    expect(defaults).toHaveLength(7);
    for (const text of Object.values(PLAIN_PROXY)) expect(section(text, 'defaults')).toEqual(defaults);
  });

  it('goes out to what its data server listens at', () => {
    const { 'app-server': app, 'data-server': data } = PLAIN_PROXY;
    expect(section(app, 'backend database')).toEqual(['server data-server data-server:1973 tcp-ut 60s']);
    expect(section(data, 'frontend ecp')).toContain('bind :1973 tcp-ut 60s');
    expect(section(app, 'backend sync')).toEqual(['server data-server data-server:1974 tcp-ut 60s']);
    expect(section(data, 'frontend ecp-sync')).toContain('bind :1974 tcp-ut 60s');
  });
});

it('a connection goes to the port and the socket of its proxy', () => {
  const configurations = { 'mutual TLS': product('app-server'), plain: PLAIN_PROXY['app-server'] };
  expect(CONNECTIONS.map(({ subject }) => subject)).toEqual(['mutual TLS', 'plain']);
  for (const { subject, port, syncSocket } of CONNECTIONS) {
    expect(section(configurations[subject], 'frontend database')).toContain(`bind 127.0.0.1:${port}`);
    expect(section(configurations[subject], 'frontend sync')).toContain(`bind unix@${syncSocket} mode 600`);
  }
});

it('the load generator can do each action', () => {
  const routine = read('bench/engine/ecpbench.m');
  expect(ACTIONS.filter(action => !routine.includes(`\n${action}(i)\t;`))).toEqual([]);
});

it('the image is built from a base image, under a name of the benchmark’s own', () => {
  expect(buildArguments('ecp-base:1', ['--no-cache'])).toEqual([
    ...['build', '--quiet', '--build-arg', 'BASE_IMAGE=ecp-base:1', '--tag', 'ecp-bench-image', '--no-cache'],
    join(PROJECT, 'images/rehearsal'),
  ]);
});
