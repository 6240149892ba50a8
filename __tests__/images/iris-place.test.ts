import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const lib = join(__dirname, '..', '..', 'images', 'iris', 'lib');
const database = { myappdata: { Directory: '/durable/iris/mgr/myappdata/', Server: 'data_server' } };
const mapped = (names: Record<string, string[]>) => ({
  Databases: database,
  MapGlobals: Object.fromEntries(
    Object.entries(names).map(([namespace, list]) => [namespace, list.map(Name => ({ Name, Database: 'myappdata' }))]),
  ),
});

/** What the scripts make of a document: the place and the mapped names of a reference, or the sentence that refuses it. */
function place(config: object, { role = 'app-server', namespace = '' } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-place-'));
  try {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const script = `set -Eeuo pipefail; FILES=$1 RUN=$1 ECP_ROLE=${role}; . "$2/document.sh"
      complain() { echo "$1 $2"; exit; }
      fault=$(read_databases); [[ -z $fault ]] || { echo "$fault"; exit; }
      read_place "$3"; echo "$place $MAPPED"`;
    return execFileSync('bash', ['-c', script, '-', folder, lib, namespace], { encoding: 'utf8' }).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('an application server means the first namespace that a mapping names, or the one that is asked for', () => {
  const config = mapped({ SALES: ['order*', 'a.b'], USER: ['demo(1):(5)'] });
  expect(place(config)).toBe('SALES order.*|a\\.b');
  expect(place(config, { namespace: 'user' })).toBe('USER demo');
  expect(place(mapped({ '%ALL': ['x'] }))).toBe('USER x');
  expect(place({ Databases: database })).toBe('USER -');
  expect(place({ ...mapped({}), Namespaces: { SHOP: { Globals: 'myappdata' } } }, { namespace: 'SHOP' })).toBe(
    'SHOP .*',
  );
});

test('a data server means its first database, or the one that is asked for', () => {
  const config = {
    'SYS.Databases': { '/durable/more/': {}, '${MGRDIR}one/': {} },
    Databases: { one: { Directory: '${MGRDIR}one' }, two: { Directory: '/durable/two/' } },
    MapGlobals: { SALES: [{ Name: 'order', Database: 'two' }] },
  };
  expect(place(config, { role: 'data-server' })).toBe('^^/durable/iris/mgr/one/');
  expect(place(config, { role: 'data-server', namespace: 'TWO' })).toBe('^^/durable/two/');
  expect(place(config, { role: 'data-server', namespace: 'SALES' })).toBe('SALES order');
});

test.each([
  [{}, 'config.json: Databases must name a directory of the app-server, got none'],
  [
    { Databases: { a: { Directory: 'x y', Server: 's' } } },
    "config.json: Databases.a must name a directory that ends with /, got 'x y/'",
  ],
  [
    { Databases: { a: { Directory: '/x/', Server: 's t' } } },
    "config.json: Databases.a.Server must name a data server, got 's t'",
  ],
])('%j is refused in one sentence', (config, sentence) => {
  expect(place(config)).toBe(sentence);
});

test('a namespace that is not there is refused with those that are', () => {
  expect(place(mapped({ SALES: ['x'], USER: ['y'] }), { namespace: 'OTHER' })).toBe(
    "2 ecp-node: '--namespace' must be a namespace of config.json, got 'OTHER'; it has SALES, USER",
  );
});
