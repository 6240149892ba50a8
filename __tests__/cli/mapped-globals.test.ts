import { covers, databaseIn, mappedGlobals } from '../../cli/verification/mapped-globals';

const document = {
  Databases: {
    orders: { Directory: '/durable/orders/', Server: 'data-server' },
    stock: { Directory: '/durable/stock/', Server: 'stock' },
    own: { Directory: '/durable/iris/mgr/own/' },
  },
  MapGlobals: {
    USER: [{ Name: 'demo.*', Database: 'orders' }],
    SHOP: [
      { Name: 'Order(1,5):(9)', Database: 'orders' },
      { Name: 'Log("a""b"):("c")', Database: 'orders' },
      { Name: 'Stock', Database: 'stock' },
    ],
    '%ALL': [
      { Name: '*', Database: 'stock' },
      { Name: '%Z*', Database: 'stock' },
      { Name: 'temp*', Database: 'own' },
    ],
  },
};

test('each mapping has a node below it that is its own', () => {
  const found = mappedGlobals(document, 'a trial').map(({ namespace, pattern, reference, dataServer, directory }) => [
    namespace,
    pattern,
    reference.replaceAll(/[0-9a-f]{8}/g, 'HASH'),
    dataServer,
    directory,
  ]);
  expect(found).toEqual([
    ['USER', 'demo.*', '^demo.vHASH("ecp.verify","HASH")', 'data-server', '/durable/orders/'],
    ['SHOP', 'Order(1,5):(9)', '^Order(1,"ecp.verify","HASH")', 'data-server', '/durable/orders/'],
    ['SHOP', 'Log("a""b"):("c")', '^Log("a""b","ecp.verify","HASH")', 'data-server', '/durable/orders/'],
    ['SHOP', 'Stock', '^Stock("ecp.verify","HASH")', 'stock', '/durable/stock/'],
    ['USER', '*', '^vHASH("ecp.verify","HASH")', 'stock', '/durable/stock/'],
  ]);
  expect(mappedGlobals({}, 'x')).toEqual([]);
});

test('a pattern covers its names', () => {
  expect(['demo.*', '*', 'demo.ecp', 'demo'].map(pattern => covers(pattern, 'demo.ecp'))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test('a database is found by its directory, however that is written', () => {
  const owner = { Databases: { one: { Directory: '${MGRDIR}one' }, two: { Directory: '/durable/two' } } };
  expect(databaseIn(owner, '/durable/iris/mgr/one/')).toBe('one');
  expect(databaseIn(owner, '/durable/two/')).toBe('two');
  expect(databaseIn(owner, '/durable/three/')).toBeUndefined();
});
