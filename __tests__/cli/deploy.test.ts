import type { Synthesized } from '../../app/synthesize';
import type { NodeWatch } from '../../cli/access/watch-nodes';
import { deploy } from '../../cli/deploy/deploy';
import { findDrift } from '../../cli/drift/find-drift';
import { applyWithDeliveries } from '../../cli/terraform/failed-delivery';
import type { ApplyResult } from '../../cli/terraform/terraform';

jest.mock('../../cli/access/endpoints', () => ({ placesOf: () => ({ isSwarm: true, endpoints: [], hosts: {} }) }));
jest.mock('../../cli/access/found-containers', () => ({
  containersOf: () => Promise.resolve({ containers: [], silent: [] }),
}));
jest.mock('../../cli/drift/find-drift', () => ({ findDrift: jest.fn() }));
jest.mock('../../cli/drift/heal', () => ({ deliveriesToRepeat: () => [] }));
jest.mock('../../cli/failures/explain', () => ({ printExplanations: jest.fn() }));
jest.mock('../../cli/failures/start-watch', () => ({ watchStarts: jest.fn() }));
jest.mock('../../cli/swarm/require-overlay', () => ({ requireOverlay: () => Promise.resolve(undefined) }));
jest.mock('../../cli/swarm/updates', () => ({ earlierUpdates: () => Promise.resolve(new Map()) }));
jest.mock('../../cli/terraform/failed-delivery', () => ({ applyWithDeliveries: jest.fn() }));
jest.mock('../../cli/terraform/forget-data', () => ({ keepDataVolume: () => Promise.resolve(false) }));
jest.mock('../../cli/terraform/images-first', () => ({ imagesFirst: jest.fn() }));
jest.mock('../../cli/terraform/reachable', () => ({ reachableTargets: () => undefined }));
jest.mock('../../cli/terraform/sweep', () => ({ sweep: () => Promise.resolve([]) }));

let said: string[];
beforeEach(() => {
  said = [];
  jest.spyOn(console, 'log').mockImplementation();
  jest.spyOn(console, 'error').mockImplementation(line => void said.push(String(line)));
  jest.mocked(applyWithDeliveries).mockImplementation(() => {
    said.push('applied');
    return Promise.resolve({ ok: true, interrupted: false, changes: { add: 0, change: 1, remove: 0 } } as ApplyResult);
  });
});
afterEach(() => jest.restoreAllMocks());

const deployed = () =>
  deploy(
    { terraform: '', directory: '' },
    { settings: { cluster: 'ecp' }, stackDirectory: '', stateFile: '' } as unknown as Synthesized,
    { silent: [], servers: [] },
    {} as NodeWatch,
  );

describe('what was changed by hand on a swarm', () => {
  test('is looked for before the deploy, in which servers that it replaces would differ', async () => {
    const drift = [{ server: 'app-server-1', what: 'config.json was changed by hand' }];
    jest.mocked(findDrift).mockImplementation(async () => {
      await new Promise(resolve => setTimeout(resolve, 50));
      said.push('looked');
      return { drift, deployedHere: true };
    });
    expect(await deployed()).toMatchObject({ drift, changes: { change: 1 } });
    expect(said).toEqual(['looked', 'applied']);
  });

  test('is said to be unknown when the look fails, and the deploy goes on', async () => {
    jest.mocked(findDrift).mockRejectedValue(new Error('docker service failed: \u001b]0;x'));
    expect(await deployed()).toMatchObject({ drift: [] });
    expect(said).toEqual([
      expect.stringContaining('what was changed by hand is not known: docker service failed: \\u{1b}]0;x'),
      'applied',
    ]);
  });
});
