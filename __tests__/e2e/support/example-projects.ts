import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { linkProviders } from '../../../app/link-providers';
import { terraformEnvironment } from '../../../cli/machine/terraform';
import { run } from '../../../cli/process';
import { packedProject } from './packed-project';
import { PROJECT, must } from './test-cluster';

/** Makes one stack of an example with props of ours; what an example's own main.ts does with its defaults. */
const SYNTHESIZE = `import { App, LocalBackend, Testing, type TerraformStack } from 'cdktf';
import { stableStack } from 'cdktf-iris-ecp';
const [example, name, id, props, purpose] = process.argv.slice(2) as [string, string, string, string, string];
void import('./' + example + '/main.ts').then(module => {
  const Stack = module[name] as new (scope: App, id: string, props: object) => TerraformStack;
  const app = purpose === 'snapshot' ? Testing.app() : new App();
  const stack = new Stack(app, id, JSON.parse(props));
  if (purpose === 'snapshot') return console.log(JSON.stringify(stableStack(stack)));
  new LocalBackend(stack, { path: 'terraform.tfstate' });
  app.synth();
});
`;

/** Which stack of which example, and with which props. */
export interface ExampleStack {
  readonly example: string;
  /** Name of the stack's class. */
  readonly stack: string;
  readonly props: object;
}

/** A stack of an example in a project that has the package from its tarball. */
export class DeployedStack {
  public constructor(
    public readonly directory: string,
    private readonly variables: Readonly<Record<string, string>>,
  ) {}

  public get stateFile(): string {
    return join(this.directory, 'terraform.tfstate');
  }

  /** Runs Terraform; throws unless it ends with one of the codes. */
  public async terraform(args: readonly string[], codes: readonly number[] = [0]): Promise<string> {
    const result = await run(process.env.TERRAFORM_BINARY_NAME ?? 'terraform', args, {
      cwd: this.directory,
      env: { ...terraformEnvironment(), ...this.variables },
      timeoutSec: 280,
    });
    return codes.includes(result.code)
      ? result.stdout
      : must({ ...result, code: result.code || 1 }, `terraform ${args[0]}`);
  }

  /** What a plan would change, as `action address`. */
  public async changes(): Promise<string[]> {
    await this.terraform(['plan', '-input=false', '-no-color', '-out=plan']);
    const { resource_changes: changes = [] } = JSON.parse(await this.terraform(['show', '-json', 'plan'])) as {
      resource_changes?: { address: string; change: { actions: string[] } }[];
    };
    return changes.flatMap(({ address, change }) =>
      change.actions.filter(action => action !== 'no-op').map(action => `${action} ${address}`),
    );
  }

  public async apply(): Promise<void> {
    await this.terraform(['apply', '-input=false', '-no-color', '-auto-approve']);
  }

  /** State, plan, outputs and the stack itself, as text in which a secret could be found. */
  public async everythingWritten(): Promise<string> {
    await this.terraform(['plan', '-input=false', '-no-color', '-out=plan']);
    const shown = [
      ['show', '-json', 'plan'],
      ['show', '-json'],
      ['output', '-json'],
    ];
    const files = readdirSync(this.directory, { withFileTypes: true })
      .filter(entry => entry.isFile() && entry.name !== 'plan')
      .map(({ name }) => readFileSync(join(this.directory, name), 'latin1'));
    return [...files, ...(await Promise.all(shown.map(args => this.terraform(args))))].join('\n');
  }
}

/** All examples in one project outside of the checkout, with the package from its tarball in `node_modules`. */
export class ExampleProjects {
  private constructor(public readonly folder: string) {}

  public static async install(): Promise<ExampleProjects> {
    const folder = await packedProject('ecp-examples', { 'synthesize.ts': SYNTHESIZE });
    const examples = readdirSync(join(PROJECT, 'examples')).filter(name => !name.includes('.'));
    for (const name of examples) cpSync(join(PROJECT, 'examples', name), join(folder, name), { recursive: true });
    // An example's own package.json would stand between it and the package that is installed above.
    for (const name of examples) rmSync(join(folder, name, 'package.json'), { force: true });
    return new ExampleProjects(folder);
  }

  /** What the compiler says about all examples, with the types that the tarball brings. */
  public async compileErrors(): Promise<string> {
    const { compilerOptions } = JSON.parse(readFileSync(join(PROJECT, 'tsconfig.json'), 'utf8')) as {
      compilerOptions: object;
    };
    const options = {
      ...compilerOptions,
      paths: {},
      types: ['node'],
      typeRoots: [join(PROJECT, 'node_modules', '@types')],
    };
    writeFileSync(
      join(this.folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['*.ts', '*/*.ts'] }),
    );
    const tsc = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [tsc, '--noEmit'], { cwd: this.folder, timeoutSec: 120 });
    return stdout;
  }

  /** Writes a stack out, ready for Terraform. Writing it again keeps its state. */
  public async synthesize(
    id: string,
    stack: ExampleStack,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<DeployedStack> {
    const output = join(this.folder, 'out', id);
    mkdirSync(output, { recursive: true, mode: 0o700 });
    await this.run(id, stack, 'deployment', { CDKTF_OUTDIR: output });
    const directory = join(output, 'stacks', id);
    linkProviders(directory);
    return new DeployedStack(directory, variables);
  }

  /** What a user's snapshot test would keep of a stack, made in this project: another folder, another home, another zone of time. */
  public async snapshot(id: string, stack: ExampleStack): Promise<unknown> {
    const elsewhere = { HOME: this.folder, TZ: 'Pacific/Chatham', LC_ALL: 'C' };
    return JSON.parse(await this.run(id, stack, 'snapshot', elsewhere)) as unknown;
  }

  private async run(
    id: string,
    { example, stack, props }: ExampleStack,
    purpose: 'deployment' | 'snapshot',
    environment: Readonly<Record<string, string>>,
  ): Promise<string> {
    const tsx = pathToFileURL(join(PROJECT, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;
    const result = await run(
      process.execPath,
      ['--import', tsx, 'synthesize.ts', example, stack, id, JSON.stringify(props), purpose],
      {
        cwd: this.folder,
        env: { CDKTF_CONTEXT_JSON: undefined, NODE_PATH: undefined, ...environment },
        timeoutSec: 120,
      },
    );
    return must(result, `synthesis of ${id}`);
  }

  public async deploy(
    id: string,
    stack: ExampleStack,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<DeployedStack> {
    const deployed = await this.synthesize(id, stack, variables);
    await deployed.terraform(['init', '-input=false', '-no-color']);
    await deployed.apply();
    return deployed;
  }

  public remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
