import { EcpDataServer, type EcpDataServerProps } from '../constructs';
import { SURROUNDINGS, container, emptyStack, labels } from './synth';

function dataServer(props: Partial<EcpDataServerProps>) {
  const stack = emptyStack();
  new EcpDataServer(stack, 'server', { ...SURROUNDINGS, clusterName: 'ecp', ...props });
  return container(stack, 'ecp-data-server');
}

describe('processors of a server', () => {
  test('are those of the host unless limited', () => {
    expect(dataServer({})).not.toHaveProperty('cpus');
    expect(dataServer({ cpus: 1.5, cpuSet: '0-3,6' })).toMatchObject({ cpus: '1.5', cpu_set: '0-3,6' });
  });

  test('replace it when the set changes, because Docker would keep a removed one', () => {
    const probeOf = (cpuSet?: string) => labels(dataServer({ cpuSet }))['ecp.probe'];
    expect(probeOf('0')).not.toBe(probeOf());
    expect(probeOf('0')).not.toBe(probeOf('1'));
    expect(probeOf('1')).toBe(probeOf('1'));
  });

  test.each([0, -1, NaN, 5000])("'cpus' refuses %p", cpus => {
    expect(() => dataServer({ cpus })).toThrow(
      new Error(`'cpus' must be a number of processors from 0.01 to 4096, got ${cpus}; correct it`),
    );
  });

  test.each(['', '3-1', 'all', '0,', '1;2'])("'cpuSet' refuses %j", cpuSet => {
    expect(() => dataServer({ cpuSet })).toThrow(
      new Error(`'cpuSet' must list processors such as '0-3' or '0,2', got '${cpuSet}'; correct it`),
    );
  });
});

describe('the memory of a server', () => {
  test.each<[object, string]>([
    [{ memoryMb: 512 }, "'memoryMb' is now 'memoryMiB', got 512"],
    [{ image: { ...SURROUNDINGS.image, leastMemoryMb: 64 } }, "'leastMemoryMb' is now 'leastMemoryMiB', got 64"],
    [{ image: { ...SURROUNDINGS.image, defaults: { memoryMb: 64 } } }, "'memoryMb' is now 'memoryMiB', got 64"],
  ])('is refused by its old name: %j', (props, sentence) => {
    expect(() => dataServer(props)).toThrow(new Error(`${sentence}; rename it, the value stays`));
  });
});

describe('volumes of a server', () => {
  test('are mounted, and given to its user by the delivery', () => {
    expect(dataServer({ volumes: { '/databases/orders': 'orders' } }).volumes).toContainEqual({
      container_path: '/databases/orders',
      volume_name: 'orders',
    });
  });

  test.each(['/durable', '/durable/x', '/ecp', '/', 'x', '/etc/x', '/run/ecp/x', '/a/../b', '/tmp'])(
    'do not hide %j',
    directory => {
      expect(() => dataServer({ volumes: { [directory]: 'x1' } })).toThrow(
        `'volumes' must name a directory of its own for each volume`,
      );
    },
  );

  test('have valid Docker names', () => {
    expect(() => dataServer({ volumes: { '/x': 'a/b' } })).toThrow(
      new Error(
        "'volumes' must name a Docker volume by letters, digits, '_', '.' and '-', got 'a/b' for '/x'; correct it",
      ),
    );
  });

  test('for journals require InterSystems IRIS', () => {
    expect(() => dataServer({ journalVolume: 'j' })).toThrow(
      new Error(
        "'journalVolume' must be left out for the engine 'rehearsal', whose journals lie with the data, got 'j'; take it out",
      ),
    );
  });
});
