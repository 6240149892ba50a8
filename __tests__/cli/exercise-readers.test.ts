import type { ContainerFacts } from '../../cli/access/docker';
import { execIn } from '../../cli/access/container';
import { exercise } from '../../cli/verification/exercise';
import { recorded } from './recorded-reports';

jest.mock('../../cli/access/container', () => ({ execIn: jest.fn() }));

const servers = recorded('healthy').report.servers.map(({ server }) => server);
const [first, second] = servers.filter(({ role }) => role === 'app-server').map(({ name }) => name) as [string, string];
const DOCUMENT = {
  ECPServers: { 'data-server': { Address: 'data-server', Port: '1972' } },
  Databases: { myappdata: { Directory: '/durable/iris/mgr/myappdata/', Server: 'data-server' } },
  MapGlobals: { USER: [{ Name: 'demo.*', Database: 'myappdata' }] },
};

/** A cluster in which those may only read; what was written, by whom. */
function cluster(readers: readonly string[]): readonly string[] {
  const globals = new Map<string, string>();
  const writers: string[] = [];
  const nameOf = new Map(servers.map(({ facts, name }) => [facts, name]));
  jest.mocked(execIn).mockImplementation((facts, [command, verb = '', reference = ''], { input = '' }) => {
    const done = (stdout = '') => Promise.resolve({ code: 0, stdout, stderr: '' });
    if (command === 'cat') return done(JSON.stringify(DOCUMENT));
    if (verb === 'status')
      return done(JSON.stringify({ state: 'Normal', readOnly: readers.map(name => `CN=${name}`) }));
    if (verb === 'get') return done(`${globals.get(reference)}\n`);
    if (verb === 'set') {
      const name = nameOf.get(facts as ContainerFacts)!;
      if (readers.includes(name)) return Promise.resolve({ code: 1, stdout: '', stderr: 'No privilege' });
      writers.push(name);
      globals.set(reference, String(input));
    }
    return done();
  });
  return writers;
}

test('who may only read writes nothing in the exercise, and reads what the others wrote', async () => {
  const writers = cluster([first]);
  const lines: string[] = [];
  expect(await exercise(servers, line => lines.push(line))).toEqual([]);
  expect(new Set(writers)).toEqual(new Set([second]));
  expect(lines.join('\n')).toMatch(new RegExp(`${first}.* may only read`));
});

test('without anybody who may write there is no exercise', async () => {
  cluster([first, second]);
  await expect(exercise(servers, () => undefined)).rejects.toThrow(
    `the exercise needs an application server that may write, got ${first}, ${second} with 'grantRead'; grant one to write`,
  );
});
