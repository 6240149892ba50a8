import type { LogLine } from './log-line';

export type LogSource = AsyncIterable<LogLine>;

/** Lines of several sources in the order of time; of each source only one line is kept in memory. */
export async function* mergeByTime(sources: readonly LogSource[]): AsyncGenerator<LogLine> {
  const iterators = sources.map(source => source[Symbol.asyncIterator]());
  const advance = async (iterator: AsyncIterator<LogLine>): Promise<Head[]> => {
    const { done, value } = await iterator.next();
    return done ? [] : [{ line: value, iterator }];
  };
  const heads = (await Promise.all(iterators.map(advance))).flat();
  while (heads.length > 0) {
    const first = heads.reduce((a, b) => (b.line.time < a.line.time ? b : a));
    yield first.line;
    heads.splice(heads.indexOf(first), 1, ...(await advance(first.iterator)));
  }
}

interface Head {
  readonly line: LogLine;
  readonly iterator: AsyncIterator<LogLine>;
}

/** The last lines of a source. */
export async function* lastOf(count: number, source: LogSource): AsyncGenerator<LogLine> {
  const kept: LogLine[] = [];
  for await (const line of source) {
    kept.push(line);
    if (kept.length > count) kept.shift();
  }
  yield* kept;
}
