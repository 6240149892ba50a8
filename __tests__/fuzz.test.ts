/**
 * Mutated configuration documents and settings, 250 of each kind, end in success or in a sentence that a user can act on. Reproducible: a failure
 * names its seed, FUZZ_SEED=… runs that one first.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsError, variableOf } from '../app/settings';
import { synthesize } from '../app/synthesize';
import { renderConfigDocument } from '../constructs/private/config-document';
import { REHEARSAL_ENGINE } from '../constructs/private/engines';
import { Refusal } from '../contract/refusal';
import { ODD, Random, asText, mutate } from './mutations';

const PROJECT = join(__dirname, '..');
const FIRST_SEED = Number(process.env.FUZZ_SEED ?? 1);
const CASES = 250;

const VARIABLES = {
  CLIENT_SYSTEMS: 'a;b',
  CA_ROOT: '/ca',
  CA_SERVER: '/cert',
  CA_CLIENT: '/cert',
  CA_PRIVATE_KEY: '/key',
  PRIVATE_KEY_TYPE: '2',
};
const SETTINGS =
  'engine cluster appServers maxAppServers additionalClients subnet dataServerWebPort appServerWebPortBase dataServerConfigFile appServerConfigFile configVariables dataServerMemoryMiB appServerMemoryMiB startTimeoutSec stopTimeoutSec restart labels logDriver logOptions dataRetention keyAlgorithm leafValidityHours leafRenewalHours caValidityHours signingCa trustedCas rehearsalBaseImage'.split(
    ' ',
  );
/** Runs `attempt` and returns what is wrong with the way it failed, if anything is. */
function complaint(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    const { message, constructor } = error as Error;
    if (![Error, Refusal, SettingsError].some(each => each === constructor)) return `${constructor.name}: ${message}`;
    if ((error as NodeJS.ErrnoException).code !== undefined) return `a system error: ${message}`;
    const bad = /undefined|\[object|NaN|TypeError|RangeError|Cannot read|not a function|not iterable|\n\s+at /.exec(
      message,
    );
    if (bad) return `'${bad[0]}' in: ${message}`;
    if (message.length > 3000) return `${message.length} characters: ${message.slice(0, 200)}`;
    return message.trim() === '' || !message.includes("'") ? `no sentence: ${message}` : undefined;
  }
}

function run(what: string, attempt: (random: Random) => unknown): void {
  const found: string[] = [];
  let passed = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + CASES; seed++) {
    const problem = complaint(() => {
      attempt(new Random(seed));
      passed++;
    });
    if (problem) found.push(`FUZZ_SEED=${seed} (${what}): ${problem}`);
  }
  expect(found).toEqual([]);
  // Neither everything nor nothing is let through, else the mutations are not worth much.
  expect(passed).toBeGreaterThan(0);
  expect(passed).toBeLessThan(CASES);
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-fuzz-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each(['data-server', 'app-server'] as const)(`${CASES} mutated documents of the %s`, role => {
  const ours = readFileSync(join(PROJECT, 'config-files', `${role}.json`), 'utf8');
  const file = join(folder, 'config.json');
  run(role, random => {
    writeFileSync(file, mutate(ours, random));
    const allowInsecure = random.below(4) === 0;
    const variables = {
      ...VARIABLES,
      DATASERVER_NAME: 'data-server',
      DATASERVER_IP: 'data-server',
      DATASERVER_PORT: '1972',
      REMOTE_DB_NAME: 'x',
    };
    renderConfigDocument({ file, role, allowInsecure, variables, engine: REHEARSAL_ENGINE });
  });
});

test(`${CASES} mutated settings, as far as the stack that they make`, () => {
  run('settings', random => {
    const context: Record<string, unknown> = {};
    const environment: Record<string, string> = {
      CDKTF_OUTDIR: join(folder, 'out'),
      ECP_STATE_DIR: join(folder, 'state'),
      ECP_REHEARSAL_BASE_IMAGE: 'debian:bookworm-slim',
    };
    for (let count = random.below(3); count > 0; count--) context[random.of(SETTINGS)] = random.of(ODD);
    for (let count = random.below(2); count > 0; count--)
      environment[variableOf(random.of(SETTINGS))] = asText(random.of(ODD));
    const text = JSON.stringify(context);
    environment.CDKTF_CONTEXT_JSON = random.below(8) === 0 ? text.slice(random.below(text.length)) : text;
    synthesize(environment);
  });
}, 120_000);
