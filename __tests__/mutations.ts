/** Seeded mutations of documents and values, the same on every machine. */

/** Values that programs trip over. */
export const ODD: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    1.5,
    1e308,
    -0,
    2 ** 53,
    65536,
    '',
    ' ',
    '0',
    '-1',
    '1e3',
    'a',
    'A',
    'ä',
    '☃',
    '\u0000',
    '\n',
  ],
  ...[
    '${',
    '${}',
    '${X}',
    '${CA_ROOT}',
    '${CA_ROOT',
    '%{if}',
    '$${X}',
    '../..',
    '/',
    '/etc/passwd',
    'true',
    'null',
    '[]',
    '{}',
    'a,b',
    'a,,b',
  ],
  ...[
    'x'.repeat(5000),
    'a'.repeat(64),
    'app-server-1',
    'data-server',
    'app-server-99999',
    '172.28.0.0/16',
    '999.1.1.1/8',
    'destroy',
    'ECDSA',
  ],
  ...[
    [],
    [[]],
    [null],
    ['a', 'a'],
    [1],
    {},
    { a: 1 },
    { '': '' },
    { __proto__x: 1 },
    { constructor: {} },
    [{ Name: 'x' }],
    nested(200),
    // What a shell would run.
    ...["'; touch /tmp/run; '", '$(touch /tmp/run)', '`touch /tmp/run`'],
  ],
];

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

/** Mulberry32: small, seeded, the same on every machine. */
export class Random {
  constructor(private state: number) {}

  public below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  public of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** Changes one to three things in a document: values, keys and, at the end, letters of its text. */
export function mutate(text: string, random: Random): string {
  const document = JSON.parse(text) as unknown;
  for (let count = 1 + random.below(3); count > 0; count--) mutateValue(document, random);
  const mutated = JSON.stringify(document);
  if (random.below(3) > 0) return mutated;
  const at = random.below(mutated.length);
  return (
    mutated.slice(0, at) +
    random.of(['', '"', '{', '}', ',', '\\', '\u0000', 'é', '1']) +
    mutated.slice(at + random.below(3))
  );
}

function mutateValue(value: unknown, random: Random): void {
  const node = value as Record<string, unknown>;
  const keys = Object.keys(node);
  if (keys.length === 0) return;
  const key = random.of(keys);
  const child = node[key];
  if (typeof child === 'object' && child !== null && random.below(4) > 0) return mutateValue(child, random);
  const actions = [
    () => (node[key] = random.of(ODD)),
    () => delete node[key],
    () => (node[asText(random.of(ODD))] = child),
    () => (node[key.slice(1)] = child),
    () => (node[key] = [child, child]),
    () => (node[key] = asText(child)),
  ];
  random.of(actions)();
}

/** What a person would type. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
