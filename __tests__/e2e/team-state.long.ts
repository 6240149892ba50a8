// ecp-test: on demand
// ecp-test: needs postgresql
import { App } from 'cdktf';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkProviders } from '../../app/link-providers';
import { loadSettings } from '../../app/settings';
import { terraformEnvironment } from '../../cli/machine/terraform';
import { run, type ProcessResult, type RunOptions } from '../../cli/process';
import { TeamStateStack } from '../../examples/team-state/main';
import { codeBelow } from './support/documents';
import { Postgresql } from './support/postgresql';
import { Steps } from './support/steps';
import { ecpOk, must, printLogs, removeCluster, testCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const cluster = testCluster('ecp-team', 28);
const PASSWORD = 'team password 3f9c';
const server = new Postgresql(cluster.appServerWebPortBase + 50, 'admin password');
const stateDatabase = `postgres://ecp@127.0.0.1:${server.port}/terraform?sslmode=disable`;
const environment = { ...terraformEnvironment(), PGPASSWORD: PASSWORD };
const steps = new Steps();
const { step } = steps;

/** What one member of the team has: an output folder of their own and no state. */
class Checkout {
  readonly folder = mkdtempSync(join(tmpdir(), 'ecp-team-checkout-'));
  readonly stackFolder = join(this.folder, 'stacks', 'team-state');

  synth(appServers: readonly string[]): void {
    const app = new App({ outdir: this.folder });
    new TeamStateStack(app, 'team-state', {
      stateDatabase,
      clusterName: cluster.name,
      appServers,
      webPort: cluster.dataServerWebPort,
      baseImage: loadSettings({}).rehearsalBaseImage,
    });
    app.synth();
    linkProviders(this.stackFolder);
  }

  terraform(args: readonly string[], options: RunOptions = {}): Promise<ProcessResult> {
    const program = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
    const common = args[0] === 'state' ? [] : ['-input=false', '-no-color'];
    return run(program, [...args, ...common], { cwd: this.stackFolder, env: environment, timeoutSec: 250, ...options });
  }

  async expectEmptyPlan(): Promise<void> {
    const plan = await this.terraform(['plan', '-detailed-exitcode']);
    expect({ code: plan.code, says: plan.stdout.slice(-600) + plan.stderr }).toMatchObject({ code: 0 });
  }

  /** The commands of docs/deploy.md but for the deploy itself. */
  async removeLeftovers(): Promise<void> {
    const commands = codeBelow('docs/deploy.md', 'sh', 'After a killed apply')
      .replaceAll('ecp.cluster=ecp ', `ecp.cluster=${cluster.name} `)
      .replace('cd cdktf.out/stacks/ecp-rehearsal', `cd '${this.stackFolder}'`)
      .replace(/^cd - .*$/m, '');
    must(await run('bash', ['-uc', commands], { env: environment, timeoutSec: 200 }), commands);
  }

  /** Contents of all files, but for the providers. */
  texts(): string {
    const entries = readdirSync(this.folder, { recursive: true, withFileTypes: true, encoding: 'utf8' });
    const files = entries.filter(entry => entry.isFile() && !entry.parentPath.includes('providers'));
    return files.map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n');
  }
}

const [hers, his] = [new Checkout(), new Checkout()];

/** An apply of a checkout. */
interface RunningApply {
  /** Settled when Terraform makes, changes or removes something of Docker's, or ends before. */
  readonly begun: Promise<void>;
  readonly ended: Promise<ProcessResult>;
}

function applyFrom(checkout: Checkout): RunningApply {
  let begin = (): void => undefined;
  const begun = new Promise<void>(resolve => (begin = resolve));
  const onLine = (line: string): void => {
    if (/^docker_\w+\.\S+: (Creating|Modifying|Destroying)/.test(line)) begin();
  };
  const ended = checkout.terraform(['apply', '-auto-approve'], { onLine });
  return { begun: Promise.race([begun, ended.then(() => undefined)]), ended };
}

/** Ends Terraform and its providers, which run in the checkout's stack folder, the hard way. */
async function killIn(checkout: Checkout): Promise<void> {
  const script = `for cwd in /proc/[0-9]*/cwd; do
    [[ "$(readlink "$cwd")" != "$1" ]] || { pid="\${cwd#/proc/}"; kill -KILL "\${pid%/cwd}" || true; }
  done`;
  must(await run('bash', ['-uc', script, 'kill', checkout.stackFolder], { timeoutSec: 60 }), 'kill');
}

describe('a state that a team shares in PostgreSQL', () => {
  beforeAll(async () => {
    await server.start();
    // What the README tells the administrator, and the password.
    await server.sql(codeBelow('examples/team-state/README.md', 'sql'));
    await server.sql(`ALTER ROLE ecp PASSWORD '${PASSWORD}'; CREATE ROLE other LOGIN PASSWORD 'other';`);
    for (const checkout of [hers, his]) checkout.synth(['app-server-1']);
    for (const checkout of [hers, his]) must(await checkout.terraform(['init']), 'terraform init');
  });

  afterAll(async () => {
    try {
      if (steps.failed) await printLogs(cluster);
      await hers.terraform(['destroy', '-auto-approve']);
    } finally {
      await server.stop();
      await removeCluster(cluster);
      for (const { folder } of [hers, his]) rmSync(folder, { recursive: true, force: true });
    }
  });

  step('of two applies at once one works, one ends with a clear message, and one waits when it may', async () => {
    const first = applyFrom(hers);
    await first.begun;
    const impatient = await his.terraform(['apply', '-auto-approve']);
    const patient = his.terraform(['apply', '-auto-approve', '-lock-timeout=200s']);
    expect(impatient.code).toBe(1);
    expect(impatient.stderr).toContain('Error acquiring the state lock');
    must(await first.ended, 'the first apply');
    expect(must(await patient, 'the patient apply')).toContain('0 added, 0 changed, 0 destroyed');
  });

  step('afterwards both have an empty plan', async () => {
    await hers.expectEmptyPlan();
    await his.expectEmptyPlan();
  });

  step('./ecp status, verify and exec work without the state', async () => {
    expect(await ecpOk(cluster, ['status', '--cluster', cluster.name])).toMatch(/^data-server .* Normal /m);
    await ecpOk(cluster, ['verify', '--cluster', cluster.name]);
    await ecpOk(cluster, ['exec', '--cluster', cluster.name, 'app-server-1', 'set', '^demo.team'], 'kept');
  });

  step('the keys are in the database, where one role may read them, and in no file', async () => {
    const owner = { user: 'ecp', password: PASSWORD, database: 'terraform' };
    const count = `SELECT count(*) FROM ecp.states WHERE data LIKE '%PRIVATE KEY%'`;
    expect(await server.sql(count, owner)).toBe('1');
    const other = { user: 'other', password: 'other', database: 'terraform' };
    await expect(server.sql(count, other)).rejects.toThrow('permission denied for database "terraform"');
    for (const checkout of [hers, his]) {
      expect(checkout.texts()).toContain('"conn_str"');
      expect(checkout.texts()).not.toContain('PRIVATE KEY');
      expect(checkout.texts()).not.toContain(PASSWORD);
    }
  });

  step('an apply that is killed lets go of the lock, and the next one of another checkout goes on', async () => {
    for (const checkout of [hers, his]) checkout.synth(['app-server-1', 'app-server-2']);
    const killed = applyFrom(hers);
    await killed.begun;
    await killIn(hers);
    expect((await killed.ended).code).not.toBe(0);
    await his.removeLeftovers();
    must(await his.terraform(['apply', '-auto-approve', '-lock-timeout=60s']), 'the next apply');
    await hers.expectEmptyPlan();
    expect(await ecpOk(cluster, ['exec', 'app-server-2', 'get', '^demo.team'])).toBe('kept\n');
  });
});
