import { rollFirst, type RollRequest } from '../../cli/rolls/roll-first';
import { plan, type Plan } from '../../cli/terraform/plan';

jest.mock('../../cli/rolls/affected-servers', () => ({ affectedServers: () => ({ servers: [] }) }));
jest.mock('../../cli/terraform/plan', () => ({ plan: jest.fn() }));

const EMPTY: Plan = { ok: true, interrupted: false, diagnostics: [], changes: [], isEmpty: true };
const DELIVERY = 'docker_service.delivery';

/** Which addresses each plan was to replace. */
const plansWith = async (replace: RollRequest['replace'], planned = EMPTY): Promise<unknown> => {
  jest.mocked(plan).mockReset().mockResolvedValue(planned);
  await rollFirst({ workspace: { directory: '/stack' }, stack: {}, how: {}, replace } as unknown as RollRequest);
  return jest.mocked(plan).mock.calls.map(([, , options]) => options.replace);
};

beforeEach(() => void jest.spyOn(console, 'log').mockImplementation());
afterEach(() => jest.restoreAllMocks());

describe('a plan', () => {
  test('is made once when it is known what to replace', async () => {
    expect(await plansWith([DELIVERY])).toEqual([[DELIVERY]]);
  });

  test('does not wait for a look, and is made again when that has found something', async () => {
    let tell!: (found: readonly string[]) => void;
    const looking = new Promise<readonly string[]>(resolve => (tell = resolve));
    const plans = plansWith(looking);
    await new Promise(resolve => setImmediate(resolve));
    expect(plan).toHaveBeenCalledTimes(1);
    tell([DELIVERY]);
    expect(await plans).toEqual([[], [DELIVERY]]);
    expect(await plansWith(Promise.resolve([]))).toEqual([[]]);
  });

  test('that was interrupted is not made again', async () => {
    expect(await plansWith(Promise.resolve([DELIVERY]), { ...EMPTY, interrupted: true })).toEqual([[]]);
  });
});
