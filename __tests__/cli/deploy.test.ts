import type { Synthesized } from '../../app/synthesize';
import type { NodeWatch } from '../../cli/access/watch-nodes';
import { deploy } from '../../cli/deploy/deploy';
import { findDrift } from '../../cli/drift/find-drift';
import { lookAtSwarm, type SwarmLook } from '../../cli/swarm/swarm-look';
import { applyWithSecondTry } from '../../cli/terraform/second-apply';
import { sweep } from '../../cli/terraform/sweep';
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
jest.mock('../../cli/swarm/swarm-look', () => ({ lookAtSwarm: jest.fn(() => Promise.resolve({ services: [] })) }));
jest.mock('../../cli/terraform/second-apply', () => ({ applyWithSecondTry: jest.fn() }));
jest.mock('../../cli/terraform/forget-data', () => ({ keepDataVolume: () => Promise.resolve(false) }));
jest.mock('../../cli/terraform/images-first', () => ({ imagesFirst: jest.fn() }));
jest.mock('../../cli/terraform/reachable', () => ({ reachableTargets: () => undefined }));
jest.mock('../../cli/terraform/state-lock', () => ({ awaitStateLock: () => Promise.resolve() }));
jest.mock('../../cli/terraform/sweep', () => ({ sweep: jest.fn(() => Promise.resolve([])) }));

let said: string[];
beforeEach(() => {
  said = [];
  jest.spyOn(console, 'log').mockImplementation();
  jest.spyOn(console, 'error').mockImplementation(line => void said.push(String(line)));
  jest.mocked(applyWithSecondTry).mockImplementation(() => {
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

describe('the swarm', () => {
  const service = (update: string) => ({ id: 's1', update, updateBegan: 'then' });
  const says = (...updates: string[]): void => {
    jest.mocked(lookAtSwarm).mockClear();
    jest.mocked(lookAtSwarm).mockResolvedValue({ services: updates.map(service) } as unknown as SwarmLook);
    jest.mocked(findDrift).mockResolvedValue({ drift: [], deployedHere: true });
  };
  const changing = (change: number): void => {
    const result = { ok: true, interrupted: false, changes: { add: 0, change, remove: 0 } };
    jest.mocked(applyWithSecondTry).mockResolvedValue(result as ApplyResult);
  };

  test('is asked once, and again when something was removed', async () => {
    says('');
    await deployed();
    expect(lookAtSwarm).toHaveBeenCalledTimes(1);
    jest.mocked(sweep).mockResolvedValueOnce(['service ecp-data-server']);
    await deployed();
    expect(lookAtSwarm).toHaveBeenCalledTimes(3);
  });

  test('is waited for when something changed, or when it was at work before', async () => {
    says('completed');
    changing(1);
    expect(await deployed()).toMatchObject({ updates: new Map([['s1', 'then']]) });
    changing(0);
    expect(await deployed()).toMatchObject({ updates: undefined });
    says('updating');
    expect(await deployed()).toMatchObject({ updates: new Map() });
  });

  test('is not looked at again for what differs when nothing did and nothing changed', async () => {
    says('');
    changing(0);
    expect(await deployed()).toMatchObject({ stillHolds: { drift: [] } });
    changing(1);
    expect(await deployed()).toMatchObject({ stillHolds: undefined });
    changing(0);
    const drift = [{ server: 'app-server-1', what: 'config.json was changed by hand' }];
    jest.mocked(findDrift).mockResolvedValue({ drift, deployedHere: true });
    expect(await deployed()).toMatchObject({ stillHolds: undefined });
  });

  test('that does not answer ends the deploy', async () => {
    says();
    jest.mocked(lookAtSwarm).mockRejectedValue(new Error('no manager answers'));
    jest.mocked(sweep).mockImplementationOnce(async (_cluster, _stateFile, swarm) => {
      await swarm;
      return [];
    });
    await expect(deployed()).rejects.toThrow('no manager answers');
    expect(said).not.toContain('applied');
  });
});
