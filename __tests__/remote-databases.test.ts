import { EcpAppServer, type EcpAppServerProps, type IEcpNetwork } from '../constructs';
import { IRIS_ENGINE, REHEARSAL_ENGINE } from '../constructs/private/engines';
import { SURROUNDINGS, container, deliveredFiles, emptyStack } from './synth';

const dataServer = { name: 'data-server', host: 'data-server', port: 1972 };
const stock = { name: 'stock', host: 'stock.example', port: 51773 };

function appServer(props: Partial<EcpAppServerProps>) {
  const stack = emptyStack();
  new EcpAppServer(stack, 'server', {
    ...SURROUNDINGS,
    clusterName: 'ecp',
    name: 'app-server-1',
    dataServer,
    ...props,
  });
  return stack;
}

const configOf = (props: Partial<EcpAppServerProps>) =>
  JSON.parse(deliveredFiles(appServer(props), 'ecp-app-server-1')['config.json']!) as Record<string, object>;

test('databases of other data servers are added to the config file', () => {
  const remoteDatabases = [
    { name: 'STOCK', dataServer: stock, globals: ['stock*', 'Item'], namespace: 'SHOP' },
    { name: 'PRICES', dataServer: stock, directory: '/durable/prices/', globals: ['price'] },
  ];
  const { ECPServers, Databases, MapGlobals } = configOf({
    remoteDatabases,
    image: { ...SURROUNDINGS.image, ...IRIS_ENGINE },
  });
  expect(ECPServers).toEqual({
    'data-server': { Name: 'data-server', Address: 'data-server', Port: '1972', SSLConfig: '1' },
    stock: { Address: 'stock.example', Port: '51773', SSLConfig: '1' },
  });
  expect(Databases).toMatchObject({
    STOCK: { Directory: '/durable/iris/mgr/myappdata/', Server: 'stock' },
    PRICES: { Directory: '/durable/prices/', Server: 'stock' },
  });
  expect(MapGlobals).toEqual({
    USER: [
      { Name: 'demo.*', Database: 'myappdata' },
      { Name: 'price', Database: 'PRICES' },
    ],
    SHOP: [
      { Name: 'stock*', Database: 'STOCK' },
      { Name: 'Item', Database: 'STOCK' },
    ],
  });
});

test('MaxServers of IRIS follows the number of data servers', () => {
  const seen: number[] = [];
  const image = {
    ...SURROUNDINGS.image,
    ...IRIS_ENGINE,
    files: ({ maxConnections }: { maxConnections: number }) => (seen.push(maxConnections), []),
  };
  const others = ['a', 'b', 'c'].map(name => ({ name, dataServer: { name, host: name, port: 1972 }, globals: [name] }));
  appServer({ image });
  appServer({ image, remoteDatabases: others });
  expect(seen).toEqual([2, 4]);
});

test('a data server on another network is reached there, by a valid name', () => {
  const network = { networkId: 'other-network' } as IEcpNetwork;
  const remoteDatabases = [{ name: 'STOCK', dataServer: stock, globals: ['s'], network }];
  const stack = appServer({ dataServer: { ...dataServer, host: 'ecp-data-server' }, remoteDatabases });
  expect(container(stack, 'ecp-app-server-1').networks_advanced).toEqual([
    { name: 'network-id', aliases: ['app-server-1'] },
    { name: 'other-network' },
  ]);
  expect(() => appServer({ remoteDatabases })).toThrow(
    "'host' of each data server must be the name of its container where 'remoteDatabases' has another network, got 'data-server'",
  );
});

test.each([
  [
    { name: 'X', dataServer: { ...dataServer, host: 'another' }, globals: ['x'] },
    "'remoteDatabases' must give each data server a name of its own, got 'data-server' for another and data-server; set it: { ...dataServer, name: 'another' }",
  ],
  [
    { name: 'myappdata', dataServer: stock, globals: ['x'] },
    "'remoteDatabases' must have names that the config file does not use, got 'myappdata'; choose another",
  ],
  [
    { name: 'X', dataServer: stock, globals: [] },
    "'remoteDatabases' must map a global to each database, got none for 'X'; add one to 'globals'",
  ],
])('%j is refused', (database, sentence) => {
  expect(() => appServer({ remoteDatabases: [database] })).toThrow(new Error(sentence));
});

test.each([
  ['demo.*', 'demo.*'],
  ['demo.x', 'demo.*'],
  ['demo.ecp*', 'demo.*'],
  ['*', 'demo.*'],
])('a name means one database on the rehearsal engine: %s beside %s is refused', global => {
  const remoteDatabases = [{ name: 'STOCK', dataServer: stock, globals: [global], namespace: 'SHOP' }];
  expect(() => appServer({ image: { ...SURROUNDINGS.image, ...REHEARSAL_ENGINE }, remoteDatabases })).toThrow(
    `must map a name to one database for the rehearsal engine, got "${global}" to STOCK beside "demo.*" to myappdata in USER; use other names`,
  );
});

test('the rehearsal engine has one database per data server', () => {
  const remoteDatabases = [{ name: 'MORE', dataServer, directory: '/durable/more/', globals: ['more'] }];
  expect(() => appServer({ image: { ...SURROUNDINGS.image, ...REHEARSAL_ENGINE }, remoteDatabases })).toThrow(
    /\/Databases: must have one entry for each data server for the rehearsal engine, got "data-server" twice/,
  );
});
