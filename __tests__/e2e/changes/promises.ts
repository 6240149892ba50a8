import { dockerOk } from '../support/test-cluster';
import { RENEWALS, ROTATION } from './changes';
import { IS_WHOLE, live, outcomeOf, steps } from './context';
import { expectNoFailedWrite, expectUntouched, serversIn, serversReplacedIn, serversRestarted } from './expectations';
import { APPLIED } from './live-cluster';
import { actionOf } from './plan';
import { partOf } from './reach';

/** What docs/change-impact.md promises, each looked for in the changes that ran before. */
export const promises = (dataSince: () => string): void =>
  describe('promises', () => {
    steps.step('adding or removing an application server touches no other server', () => {
      const added = outcomeOf('add the application server app-server-3');
      const removed = outcomeOf('remove the middle one, app-server-2');
      expect(serversIn(added.changes)).toEqual(['app-server-3']);
      expect(serversRestarted(added)).toEqual([]);
      expectNoFailedWrite(added);
      expect(serversIn(removed.changes)).toEqual(['app-server-2']);
      expect(serversRestarted(removed)).toEqual(['app-server-2']);
      expectNoFailedWrite(removed);
    });

    steps.step('renewing a certificate replaces no server and fails no write', () => {
      for (const [server, change] of Object.entries(RENEWALS)) {
        expect(serversIn(outcomeOf(change).changes)).toEqual([server]);
        expectUntouched(outcomeOf(change));
      }
    });

    if (IS_WHOLE)
      steps.step('the authority changes in steps, replaces no server and fails no write', () => {
        for (const step of ROTATION) expectUntouched(outcomeOf(step));
      });

    steps.step('a config change replaces only the servers that use it', () => {
      const replacedBy = {
        'the data server’s config file': ['data-server'],
        'the config file of app-server-1': ['app-server-1'],
        'a config variable that only application servers use (`DATASERVER_NAME`)': ['app-server-1', 'app-server-3'],
      };
      for (const [change, servers] of Object.entries(replacedBy)) {
        expect(serversReplacedIn(outcomeOf(change).changes)).toEqual(servers);
        expect(serversRestarted(outcomeOf(change)).sort()).toEqual(servers);
      }
    });

    steps.step('no plan deletes data', async () => {
      for (const { cluster, changes } of APPLIED) {
        const gone = changes.filter(each => ['replaced', 'destroyed'].includes(actionOf(each) ?? ''));
        const volumes = gone.filter(each => each.type === 'docker_volume').map(each => each.change.before?.name);
        expect(volumes.filter(name => name !== `${cluster}-app-server-2-files`)).toEqual([]);
      }
      expect(APPLIED.length).toBeGreaterThan(10);
      expect(await live.dataSince()).toBe(dataSince());
    });

    const ends = { stopped: 'stop', killed: 'kill' };
    for (const [how, verb] of Object.entries(ends).slice(IS_WHOLE ? 0 : 1)) {
      steps.step(`a ${how} data server is started again by a plan, never replaced`, async () => {
        const outcome = await live.apply([], undefined, () =>
          dockerOk(verb, live.container('data-server')).then(() => undefined),
        );
        expect(outcome.changes.map(each => [partOf(each), actionOf(each)])).toEqual([
          [{ owner: 'data-server', part: 'container' }, 'changed'],
        ]);
        expect(outcome.after['data-server']!.id).toBe(outcome.before['data-server']!.id);
        expect(serversRestarted(outcome)).toEqual(['data-server']);
      });
    }

    steps.step('everything ever acknowledged is still there', async () => {
      expect(await live.everything()).toBeGreaterThan(1000);
    });
  });
