import type { CisRule } from './container-rules';

/** An image that is built from a Dockerfile. */
export interface CisImage {
  readonly instructions: readonly DockerInstruction[];
  /** Values that go into the build from outside. */
  readonly buildArguments: Readonly<Record<string, string>>;
}

/** One instruction with its continuation lines joined. */
export interface DockerInstruction {
  readonly name: string;
  readonly value: string;
}

const SECRET = /passw|secret|token|credential|private_?key|api_?key|licen[cs]e_?key/i;

/** Section 4 of the CIS Docker Benchmark as far as a Dockerfile shows it, numbered as in docker-bench-security 1.6. */
export const IMAGE_RULES: readonly CisRule<CisImage>[] = [
  {
    id: '4.1',
    rule: 'an image has an ordinary user',
    remedy: 'end the Dockerfile with a USER other than root',
    problem: ({ instructions }) => {
      const user = lastOf('USER', instructions);
      if (user === undefined) return 'no USER';
      return /^(0|root)(:|$)/.test(user) ? `USER ${user}` : undefined;
    },
  },
  {
    id: '4.6',
    rule: 'an image has a health check',
    remedy: 'add HEALTHCHECK to the Dockerfile',
    problem: ({ instructions }) => {
      const check = lastOf('HEALTHCHECK', instructions);
      return check === undefined || check.toUpperCase() === 'NONE' ? 'no HEALTHCHECK' : undefined;
    },
  },
  {
    id: '4.7',
    rule: 'package lists are fetched and used in one instruction',
    remedy: 'put the update and the install into one RUN',
    problem: ({ instructions }) =>
      instructions.some(({ name, value }) => name === 'RUN' && updatesAlone(value)) ? 'an update alone' : undefined,
  },
  {
    id: '4.9',
    rule: 'files come in by COPY',
    remedy: 'use COPY instead of ADD',
    problem: ({ instructions }) => {
      const add = instructions.find(({ name }) => name === 'ADD');
      return add && `ADD ${add.value}`;
    },
  },
  {
    id: '4.10',
    rule: 'no secret is built in',
    remedy: 'pass it at run time, or with RUN --mount=type=secret',
    problem: ({ instructions, buildArguments }) => {
      const values = Object.entries(buildArguments);
      const given = values.find(([name, value]) => SECRET.test(name) || value.includes('PRIVATE KEY'));
      if (given) return `build argument ${given[0]}`;
      const set = instructions.find(
        ({ name, value }) => /^(ENV|ARG)$/.test(name) && SECRET.test(value.split(/[\s=]/)[0] ?? ''),
      );
      return set && `${set.name} ${set.value.split(/[\s=]/)[0]}`;
    },
  },
];

/** Takes a Dockerfile apart; comments go, continuation lines are joined. */
export function parseDockerfile(text: string): DockerInstruction[] {
  return text
    .split('\n')
    .filter(line => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\[ \t]*\n/g, ' ')
    .split('\n')
    .flatMap(line => {
      const [, name = '', value = ''] = /^\s*([A-Za-z]+)\s+(.*?)\s*$/.exec(line) ?? [];
      return name === '' ? [] : [{ name: name.toUpperCase(), value }];
    });
}

/** The value of an instruction in the last stage, where the last one counts. */
function lastOf(wanted: string, instructions: readonly DockerInstruction[]): string | undefined {
  const stage = instructions.map(({ name }) => name).lastIndexOf('FROM');
  return instructions
    .slice(stage + 1)
    .filter(({ name }) => name === wanted)
    .at(-1)?.value;
}

function updatesAlone(command: string): boolean {
  return /\b(apt-get|apt|yum|dnf|apk)\b[^;&|]*\bupdate\b/.test(command) && !/\b(install|add|upgrade)\b/.test(command);
}
