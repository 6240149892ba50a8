import { movedFrom } from '../../../constructs';
import { withEdit } from './cluster-spec';
import { live, steps } from './context';
import { expectUntouched } from './expectations';
import { actionOf, plan } from './plan';
import { partOf } from './reach';

/** Another id of a construct is another address of every resource below it: what Terraform makes of that, and what `moved` does. */
export const refactoring = (): void =>
  describe('a construct gets another id, and another place', () => {
    steps.step('without moved blocks every server would be destroyed and made anew', async () => {
      const before = live.spec;
      const servers = [...Object.keys(before.appServers), 'data-server'];
      await live.write({ ...before, id: 'renamed' });
      const changes = await plan(live.cluster);
      const containers = changes.filter(each => partOf(each).part === 'container');
      for (const action of ['destroyed', 'added'] as const) {
        const owners = containers.filter(each => actionOf(each) === action).map(each => partOf(each).owner);
        expect({ action, owners: owners.sort() }).toEqual({ action, owners: servers });
      }
      await live.write(before);
    });

    steps.step('with moved blocks nothing is touched', async () => {
      const renamed = { ...live.spec, id: 'renamed', within: ['platform'] };
      const outcome = await live.change(withEdit(renamed, ({ cluster }) => movedFrom(cluster, 'ecp')));
      // Three servers of three resources each; their keys and certificates belong to another construct.
      expect(outcome.changes.filter(each => each.previous_address?.includes('.ecp_'))).toHaveLength(9);
      expect(outcome.changes.filter(each => actionOf(each) !== undefined)).toEqual([]);
      expectUntouched({ ...outcome, changes: [] });
      await live.write(renamed);
      expect(await plan(live.cluster)).toEqual([]);
    });
  });
