import type { HelpPage } from '../help/help';

/** Where names come from that only the machine knows. */
export interface CompletionNames {
  readonly servers: (cluster: string | undefined) => Promise<readonly string[]>;
  readonly members: (cluster: string | undefined) => Promise<readonly string[]>;
  readonly nodes: (cluster: string | undefined) => Promise<readonly string[]>;
  readonly clusters: () => Promise<readonly string[]>;
  readonly formats: () => Promise<readonly string[]>;
  readonly shells: () => Promise<readonly string[]>;
}

/** Printed where the shell is to complete names of files. */
export const FILES_WANTED = ':files';

/** A word, and behind a tab what it means. */
type Candidate = string;

/**
 * What may come next on a command line. Commands, their options and what these take are read from the help pages, which a test compares
 * with the command table.
 *
 * @param words What was typed behind the program's name; the last is the one to complete, and may be empty.
 */
export async function candidates(
  pages: Readonly<Record<string, HelpPage>>,
  words: readonly string[],
  names: CompletionNames,
): Promise<readonly Candidate[]> {
  // bash makes a word of its own of the sign in --cluster=demo.
  const typed = words.filter(word => word !== '=');
  const current = words.at(-1) === '=' ? '' : (typed.pop() ?? '');
  const found = await everyCandidate(pages, typed, current, names);
  return found.filter(each => each === FILES_WANTED || each.startsWith(current));
}

async function everyCandidate(
  pages: Readonly<Record<string, HelpPage>>,
  [command, ...typed]: readonly string[],
  current: string,
  names: CompletionNames,
): Promise<readonly Candidate[]> {
  const commands = Object.entries(pages).map(([name, { summary }]) => `${name}\t${summary}`);
  if (command === undefined) return [...commands, 'help\texplain a command', '--help', '--version'];
  if (command === 'help') return typed.length === 0 ? commands : [];
  const page = Object.hasOwn(pages, command) ? pages[command] : undefined;
  if (!page) return [];
  const options = optionsOf(page);
  const open = options.find(({ spellings, takes }) => takes !== '' && spellings.includes(typed.at(-1) ?? ''));
  const cluster = typed[typed.indexOf('--cluster') + 1 || typed.length];
  if (open) return namesFor(open.takes === 'NAME' ? 'CLUSTER' : open.takes, cluster, names);
  if (current.startsWith('-')) {
    const unused = options.filter(({ spellings }) => !spellings.some(spelling => typed.includes(spelling)));
    return [...unused.map(({ long, what }) => `${long}\t${what}`), '--help'];
  }
  const given = typed.filter((word, index) => !word.startsWith('-') && !takesValue(options, typed[index - 1]));
  const argument = argumentOf(page);
  if (!argument || (given.length > 0 && !argument.isList)) return [];
  const found = await Promise.all(argument.names.map(name => namesFor(name, cluster, names)));
  return found.flat().filter(name => !given.includes(name));
}

interface CompletedOption {
  readonly long: string;
  readonly spellings: readonly string[];
  /** Name of what follows it; empty when nothing does. */
  readonly takes: string;
  readonly what: string;
}

/** Reads `-o, --output FORMAT`. */
function optionsOf({ options }: HelpPage): CompletedOption[] {
  return options.map(([words, what]) => {
    const spellings = words.match(/(?<!\S)--?[\w-]+/g) ?? [];
    const [takes = ''] = words.match(/\b[A-Z]+\b/) ?? [];
    return { long: spellings.at(-1) ?? '', spellings, takes, what };
  });
}

function takesValue(options: readonly CompletedOption[], word: string | undefined): boolean {
  return options.some(({ spellings, takes }) => takes !== '' && word !== undefined && spellings.includes(word));
}

/** The argument in a usage such as `rotate [SERVER … | --ca]` or `drain SERVER | NODE`, beside what options take. */
function argumentOf({ usage }: HelpPage): { readonly names: readonly string[]; readonly isList: boolean } | undefined {
  const [, name, more, other] = /^[^]*?(?<!--[\w-]+ )\b([A-Z]{2,})\b( …)?(?: \| ([A-Z]{2,}))?/.exec(usage) ?? [];
  if (name === undefined) return undefined;
  return { names: other === undefined ? [name] : [name, other], isList: more !== undefined };
}

async function namesFor(
  what: string,
  cluster: string | undefined,
  names: CompletionNames,
): Promise<readonly Candidate[]> {
  switch (what) {
    case 'MEMBER':
      return names.members(cluster);
    case 'SERVER':
      return names.servers(cluster);
    case 'NODE':
      return names.nodes(cluster);
    case 'CLUSTER':
      return names.clusters();
    case 'FORMAT':
      return names.formats();
    case 'SHELL':
      return names.shells();
    case 'FILE':
      return [FILES_WANTED];
    default:
      return [];
  }
}
