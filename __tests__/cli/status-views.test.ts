/** What people see of a report, from reports that real clusters gave and from texts that a stranger may choose. */
import { factsOf, readText } from '../../cli/access/configuration';
import { formatJson } from '../../cli/views/json';
import { daysLeft } from '../../cli/views/levels';
import { formatMermaid } from '../../cli/views/mermaid';
import { inWords } from '../../cli/views/names';
import { formatHtml } from '../../cli/views/page';
import { formatTable } from '../../cli/views/table';
import { ageOf } from '../../cli/views/times';
import { crowd, recorded, withServers, withStatus, type Recorded } from './recorded-reports';

const HOSTILE =
  '<script>alert(1)</script><img src=x onerror=alert(2)>\'" --> ]]>"]; end`%%{init: {}}%% $$x$$ #quot; \u202eabc\u001b[31m\n  x --> y';

const VIEWS: readonly (readonly [string, (of: Recorded) => string])[] = [
  ['table', ({ report }) => formatTable(report)],
  ['json', ({ report, configurations }) => formatJson(report, configurations)],
  ['mermaid', ({ report, configurations }) => formatMermaid(report, configurations)],
  ['html', ({ report, configurations }) => formatHtml(report, configurations)],
];
const [, , [, mermaid], [, html]] = VIEWS as [
  (typeof VIEWS)[0],
  (typeof VIEWS)[0],
  (typeof VIEWS)[0],
  (typeof VIEWS)[0],
];

/** Everything that a server says of itself is hostile. */
function hostile(): Recorded {
  const { report, configurations } = withStatus({
    refused: [{ subject: HOSTILE, why: HOSTILE, at: HOSTILE }],
    admitted: [HOSTILE],
    peers: [{ name: HOSTILE, state: HOSTILE }],
    certificate: { subject: HOSTILE, issuer: HOSTILE, notAfter: HOSTILE },
    config: { expected: HOSTILE, actual: HOSTILE },
    ignored: [HOSTILE],
  });
  const servers = report.servers.map(each => ({
    ...each,
    state: HOSTILE,
    reason: HOSTILE,
    since: HOSTILE,
    drift: [HOSTILE],
  }));
  return {
    report: { ...report, servers, engine: HOSTILE, warnings: [HOSTILE], missing: [HOSTILE] },
    configurations: configurations.map(each => ({
      ...each,
      problem: HOSTILE,
      databases: [{ name: HOSTILE, directory: HOSTILE, server: HOSTILE }],
      mappings: [{ namespace: HOSTILE, global: HOSTILE, database: HOSTILE }],
      ecpServers: [{ name: HOSTILE, address: HOSTILE, port: HOSTILE, tls: false }],
    })),
  };
}

/** Text of a page as a browser would show it: tags away, entities decoded. */
function textOf(page: string): string {
  return page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(
      /&(lt|gt|quot|#39|amp);/g,
      (_, name: string) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[name]!,
    )
    .replace(/\s+/g, ' ');
}

describe('the table', () => {
  test('of a healthy cluster has a line a server and nothing else', () => {
    expect(formatTable(recorded('healthy').report).split('\n')).toEqual([
      "Cluster 'ecp' (rehearsal engine, not InterSystems IRIS)",
      'SERVER        ROLE                STATE   SINCE                 CERTIFICATE   WEB',
      expect.stringMatching(
        /^data-server {3}data server {9}Normal {2}2026-.*Z {2}90 days left {2}http:\/\/127\.0\.0\.1:81\/$/,
      ),
      expect.stringMatching(/^app-server-1 {2}application server {2}Normal .* http:\/\/127\.0\.0\.1:8101\/$/),
      expect.stringMatching(/^app-server-2 {2}application server {2}Normal .* http:\/\/127\.0\.0\.1:8102\/$/),
      'Version: image 3f2a91c07b5d on all servers',
    ]);
  });

  test('of a broken cluster says what is wrong with each server', () => {
    expect(formatTable(recorded('broken').report).split('\n').slice(-3)).toEqual([
      '✗ data-server: the container is paused; docker unpause ecp-data-server lets it go on',
      '✗ app-server-1: no answer from data-server:1972 within 3 s',
      '✗ app-server-2: the container is not running (exit code 0); ./ecp up starts it',
    ]);
  });

  test('says what drifted, what is gone, and what wants a look soon', () => {
    const { report } = withServers(([first, ...others]) => [
      { ...first!, drift: ['config.json was changed by hand'] },
      ...others.slice(1),
      { ...others[0]!, reason: 'the new files could not be used' },
    ]);
    const lines = formatTable({ ...report, missing: ['app-server-3'] })
      .split('\n')
      .slice(-3);
    expect(report.ok).toBe(false);
    expect(lines).toEqual([
      '✗ app-server-3: its container is gone; ./ecp up makes it again',
      '! data-server: config.json was changed by hand; ./ecp up --yes heals it',
      '! app-server-1: the new files could not be used',
    ]);
    const whyMissing = { 'app-server-3': 'it runs on a node that does not answer here' };
    expect(formatTable({ ...report, missing: ['app-server-3'], whyMissing })).toContain(
      '✗ app-server-3: it runs on a node that does not answer here\n',
    );
  });

  test('says which servers run which version, and so do the page and the JSON', () => {
    const { report, configurations } = withServers(([first, second, ...others]) => {
      const facts = { ...second!.server.facts, Image: 'sha256:0123456789abcdef' };
      return [first!, { ...second!, server: { ...second!.server, facts } }, ...others];
    });
    const words =
      'servers run different versions: image 3f2a91c07b5d on data-server, app-server-2; image 0123456789ab on app-server-1';
    expect(formatTable(report).split('\n').at(-1)).toBe(`! ${words}; ./ecp up goes on with the change`);
    expect(report.ok).toBe(true);
    expect(textOf(formatHtml(report, configurations))).toContain(words);
    expect(JSON.parse(formatJson(report, configurations))).toMatchObject({
      versions: [
        { version: 'image 3f2a91c07b5d', servers: ['data-server', 'app-server-2'] },
        { version: 'image 0123456789ab', servers: ['app-server-1'] },
      ],
      servers: [{}, { name: 'app-server-1', version: 'image 0123456789ab' }, {}],
    });
  });

  test('of a cluster of another stack does not send anyone to ./ecp up', () => {
    const { report } = withServers(([first]) => [{ ...first!, drift: ['x was changed by hand'] }]);
    const last = formatTable({ ...report, deployedHere: false })
      .split('\n')
      .at(-1);
    expect(last).toBe('! data-server: x was changed by hand; deploy its own stack again');
  });

  test('of a hundred servers fits into the lines that there are, and shows those that are not Normal', () => {
    const { report } = crowd(100, number => number === 57);
    const lines = formatTable(report, { lines: 21 }).split('\n');
    expect(lines).toHaveLength(21);
    expect(lines).toContainEqual(expect.stringMatching(/^app-server-57 .*Trouble/));
    expect(lines.slice(-3)).toEqual([
      '… and 86 more servers',
      '100 of 101 servers are Normal.',
      '✗ app-server-57: no answer from data-server:1972',
    ]);
  });

  test('tells a fault that a hundred servers have once', () => {
    const lines = formatTable(crowd(100, () => true).report).split('\n');
    expect(lines.at(-1)).toBe('✗ app-server-1 to app-server-100: no answer from data-server:1972');
    expect(lines).toHaveLength(1 + 1 + 101 + 1 + 1 + 1);
  });

  test('lets no text steer the terminal', () => {
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(formatTable(hostile().report).replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});

describe('JSON', () => {
  test('has every server by its name, and what the documents map', () => {
    const { report, configurations } = recorded('healthy');
    expect(JSON.parse(formatJson(report, configurations))).toMatchObject({
      cluster: 'ecp',
      ok: true,
      at: report.at.toISOString(),
      servers: [
        { name: 'data-server', state: 'Normal', networks: ['ecp'] },
        { name: 'app-server-1' },
        { name: 'app-server-2' },
      ],
      configurations: [
        {},
        { servers: ['app-server-1', 'app-server-2'], mappings: [{ global: 'demo.*', database: 'myappdata' }] },
      ],
    });
  });
});

describe('the Mermaid diagram', () => {
  const LABEL = String.raw`"(?:[A-Za-z0-9 ,/()^.=-]|#\d+;|<br\/>)*"`;
  const LINE = new RegExp(
    [
      'flowchart LR',
      String.raw` +subgraph \w+\[${LABEL}\]`,
      ' +end',
      String.raw` +\w+\[${LABEL}\](:::bad| -\.-x \w+)?`,
      String.raw` +\w+ --- \w+\[\(${LABEL}\)\]`,
      String.raw` +\w+\(\[${LABEL}\]\) -\.- \w+`,
      String.raw` +\w+ (==>|-\.->)\|${LABEL}\| \w+(\(\[${LABEL}\]\))?`,
      String.raw` +classDef \w+ [\w:#,-]+`,
      String.raw` +class \w+ \w+`,
    ]
      .map(each => `^${each}$`)
      .join('|'),
  );

  test.each([
    ['healthy', recorded('healthy')],
    ['broken', recorded('broken')],
    ['hostile', hostile()],
    ['without servers', withServers(() => [])],
    ['with 100 servers', crowd(100, number => number % 9 === 0)],
    ['with 100 servers in Trouble', crowd(100, () => true)],
  ])('%s has only lines of known forms, its texts in quotes, and is not longer than Mermaid takes', (_, of) => {
    const diagram = mermaid(of);
    expect(
      diagram
        .trimEnd()
        .split('\n')
        .filter(line => !LINE.test(line)),
    ).toEqual([]);
    // Defaults of Mermaid: maxTextSize and maxEdges.
    expect(diagram.length).toBeLessThan(50_000);
    expect(diagram.match(/==>|-\.->|---|-\.-/g)?.length ?? 0).toBeLessThan(500);
  });

  test('shows servers, network, ports, certificates, database, mapping, states and who was refused', () => {
    const shown = mermaid(recorded('healthy')).replace(/#(\d+);/g, (_, code: string) =>
      String.fromCodePoint(Number(code)),
    );
    for (const text of [
      'network ecp"',
      'data-server<br/>data server<br/>✓ Normal<br/>since 2026-11-22 13:45 UTC',
      'certificate CN=app-server-2<br/>until 2027-02-20<br/>issuer CN=ecp ECP CA 1',
      'USER ^demo.* in myappdata',
      'database myappdata<br/>/durable/iris/mgr/myappdata/',
      'web 127.0.0.1:8102',
      'ECP data-server:1972 TLS<br/>Normal',
      '1 refused lately<br/>last: CN=app-server-2',
    ]) {
      expect(shown).toContain(text);
    }
  });

  test('has the same ends of each line it draws as boxes', () => {
    const diagram = mermaid(crowd(100, number => number % 9 === 0));
    const boxes = new Set([...diagram.matchAll(/^ +(\w+)[[(]/gm)].map(match => match[1]));
    const ends = [...diagram.matchAll(/(?:\| |-\.- |-\.-x )(\w+)$/gm)].map(match => match[1]);
    expect(ends.length).toBeGreaterThan(20);
    expect(ends.filter(each => !boxes.has(each))).toEqual([]);
    expect(boxes.size).toBeLessThan(40);
  });
});

test.each([
  // A new one of 90 days, a moment later.
  [89.9998, '90 days left', 'good'],
  [89.4, '89 days left', 'good'],
  [14, '14 days left', 'good'],
  [13.9, '14 days left', 'soon'],
  [1.2, '1 day left', 'soon'],
  [0.7, 'less than a day left', 'soon'],
  [-0.001, 'expired', 'bad'],
])('a certificate with %d days has %s, which is %s', (days, words, level) => {
  expect(daysLeft(days)).toEqual({ words, level });
});

describe('the page', () => {
  test('folds what is as it should be, and opens what is not', () => {
    const { report, configurations } = recorded('healthy');
    expect(formatHtml(report, configurations)).not.toContain('<details open');
    const expired = report.servers.map(each => ({ ...each, certificateDaysLeft: -1 }));
    expect(formatHtml({ ...report, servers: expired }, configurations).match(/<details open/g)).toHaveLength(1);
    const unread = configurations.map(each => ({ ...each, problem: 'it is no JSON' }));
    expect(formatHtml(report, unread)).toMatch(/<details open="">\n<summary><h2 id="mappings">/);
  });

  test('says of a healthy cluster that it is, and everything about it', () => {
    const page = html(recorded('healthy'));
    const text = textOf(page);
    for (const words of [
      'All 3 servers are Normal',
      'Rehearsal engine, not InterSystems IRIS',
      'app-server-2 application server ✓ Normal 2026-11-22 14:03:05 UTC for 18 seconds 90 days left 127.0.0.1:8102',
      'data-server CN=data-server CN=ecp ECP CA 1 2027-02-20 13:45:00 UTC',
      'Connected: app-server-1, app-server-2. Admitted: CN=app-server-1 to CN=app-server-16.',
      '2026-11-22 14:03:17 UTC CN=app-server-2 the certificate is not from the CA of this cluster',
      'app-server-1, app-server-2 USER ^demo.* myappdata',
      'app-server-1, app-server-2 data-server data-server:1972 TLS',
      '✓ as deployed',
      'Security.Services.%Service_ECP.ClientSystems',
    ]) {
      expect(text).toContain(words);
    }
    expect(text).not.toContain('To look at');
  });

  test('says of a broken one what is wrong, and what is not known', () => {
    const text = textOf(html(recorded('broken')));
    for (const words of [
      '0 of 3 servers are Normal',
      '✗ fault data-server : the container is paused',
      '✗ fault app-server-1 : no answer from data-server:1972 within 3 s',
      'app-server-2 application server ✗ exited 2026-11-22 14:03:30 UTC',
      'Not known, since it does not answer: data-server, app-server-2.',
      'Not known, since the data server does not answer.',
      'not known, it does not answer',
    ]) {
      expect(text).toContain(words);
    }
  });

  test('shows what was changed by hand as such, and a certificate that ends soon', () => {
    const { report, configurations } = withServers(([first, ...others]) => [
      { ...first!, drift: ['config.json was changed by hand'], certificateDaysLeft: 3 },
      ...others,
    ]);
    const text = textOf(html({ report, configurations }));
    expect(text).toContain('All 3 servers are Normal, 1 changed by hand');
    expect(text).toContain('! changed by hand data-server : config.json was changed by hand');
    expect(text).toContain('✓ Normal ! changed');
    expect(text).toContain('3 days left');
    const late = withServers(([first, ...others]) => [{ ...first!, certificateDaysLeft: -1 }, ...others]);
    expect(textOf(html(late))).toContain('All 3 servers are Normal, 1 with an expired certificate');
  });

  test.each([
    ['healthy', recorded('healthy')],
    ['hostile', hostile()],
    ['with 100 servers', crowd(100, number => number % 9 === 0)],
    ['without servers', withServers(() => [])],
  ])('%s is well formed, and loads and runs nothing', (_, of) => {
    const page = html(of);
    const markup = page.replace(/<style>.*?<\/style>/s, '').replace(/^<!doctype html>\n/, '');
    const open: string[] = [];
    const wrong: string[] = [];
    const TAG = /<(\/?)([a-z0-9]+)((?:\s+[a-zA-Z-]+="[^"<]*")*)\s*(\/?)>/g;
    for (const [tag, closing, name = '', , selfClosing] of markup.matchAll(TAG)) {
      if (closing && open.pop() !== name) wrong.push(tag);
      if (!closing && !selfClosing && !['meta', 'link', 'br'].includes(name)) open.push(name);
      if (/^(script|img|iframe|object|embed|base|form)$/.test(name)) wrong.push(tag);
      if (/\son[a-z]+=|javascript:|\ssrc=/i.test(tag)) wrong.push(tag);
    }
    expect({ open, wrong }).toEqual({ open: [], wrong: [] });
    // Whatever is left of an angle bracket after the tags are away is not escaped.
    expect(markup.replace(/<\/?[a-z0-9]+(?:\s+[a-zA-Z-]+="[^"<]*")*\s*\/?>/g, '')).not.toMatch(/[<>]/);
    expect(page).not.toMatch(/url\(|@import/);
    expect(
      [...page.matchAll(/(?:href|xlink:href)="([^"]*)"/g)]
        .map(match => match[1])
        .filter(each => !/^(data:,|http:\/\/127\.0\.0\.1:\d+\/)$/.test(each!)),
    ).toEqual([]);
  });

  test('has one heading of the first level, headings without a gap, and a caption for each table', () => {
    const page = html(recorded('broken'));
    expect(page.match(/<h1/g)).toHaveLength(1);
    expect(page).not.toMatch(/<h[3-6]/);
    expect(page.match(/<caption>/g)!.length).toBe(page.match(/<table/g)!.length);
    for (const landmark of ['header', 'main', 'footer'])
      expect(page.match(new RegExp(`<${landmark}>`, 'g'))).toHaveLength(1);
  });

  test('draws no more boxes than a person can tell apart', () => {
    const boxes = html(crowd(100, () => true)).match(/<rect class="box/g)!;
    // Twice: for a wide window and for a phone.
    expect(boxes.length).toBeLessThanOrEqual(2 * (1 + 16 + 2));
  });

  test('and the diagram show a hundred servers that are gone in one box, and few each by itself', () => {
    const { report, configurations } = recorded('healthy');
    const missing = Array.from({ length: 100 }, (_, index) => `app-server-${index + 3}`);
    const without = (names: readonly string[]): Recorded => ({ report: { ...report, missing: names }, configurations });
    const boxesOf = (names: readonly string[]): number => html(without(names)).match(/<rect class="box/g)!.length;
    expect(boxesOf(missing)).toBe(2 * (1 + 2 + 1));
    expect(boxesOf(missing.slice(0, 3))).toBe(2 * (1 + 2 + 3));
    expect(html(without(missing))).toContain('100 application servers');
    expect(mermaid(without(missing)).match(/^ +gone\d+\[.*$/gm)).toEqual([
      '  gone1["100 servers<br/>app-server-3 to app-server-102<br/>#10007; their containers are gone"]:::bad',
    ]);
    expect(mermaid(without(missing.slice(0, 3))).match(/^ +gone\d/gm)).toHaveLength(3);
  });
});

test('every view is the same for the same report', () => {
  for (const [, view] of VIEWS) expect(view(recorded('healthy'))).toBe(view(recorded('healthy')));
});

test('a document gives names, directories and addresses, and nothing that may be secret', () => {
  const facts = factsOf({
    'Security.System': { SSLECPServer: 2, SMTPPassword: 'secret-1' },
    'Security.Users': { admin: { Password: 'secret-2' } },
    Databases: { mine: { Directory: '/durable/mine/', Comments: 'secret-3' } },
    MapGlobals: { USER: [{ Name: 'demo.*', Database: 'mine', Comments: 'secret-4' }] },
    ECPServers: { 'data-server': { Address: 'data-server', Port: 1972, SSLConfig: true, Comments: 'secret-5' } },
  });
  expect(facts).toEqual({
    databases: [{ name: 'mine', directory: '/durable/mine/' }],
    mappings: [{ namespace: 'USER', global: 'demo.*', database: 'mine' }],
    ecpServers: [{ name: 'data-server', address: 'data-server', port: '1972', tls: true }],
  });
});

test('a document that is not JSON is called that, without what stands in it', () => {
  const { problem, databases } = readText('{"SYS.Users":{"admin":{"Password": secret-6}}}');
  expect({ problem, databases }).toEqual({
    problem: 'it is not a configuration document (it is not JSON)',
    databases: [],
  });
});

test.each([[null], [[]], ['text'], [{ Databases: [1], MapGlobals: { USER: { Name: 1 } }, ECPServers: 7 }]])(
  'a document of another shape, %j, is no reason to fail',
  document => {
    expect(factsOf(document)).toEqual({ databases: [], mappings: [], ecpServers: [] });
  },
);

test('names in words are ranges from three in a row', () => {
  expect(inWords([])).toBe('');
  expect(inWords(['app-server-1', 'app-server-2'])).toBe('app-server-1, app-server-2');
  expect(inWords(['a-1', 'a-2', 'a-3', 'a-5', 'b-6', 'batch'])).toBe('a-1 to a-3, a-5, b-6, batch');
  expect(inWords(['a-8', 'a-9', 'a-10', 'a-11'])).toBe('a-8 to a-11');
});

test('an age is in its largest unit, and nothing when there is no time', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const since = [
    '2026-11-22T11:59:59Z',
    '2026-11-22T11:58:00Z',
    '2026-11-20T12:00:01Z',
    '2026-11-22T12:00:05Z',
    'never',
  ];
  expect(since.map(each => ageOf(each, now))).toEqual([
    'for 1 second',
    'for 2 minutes',
    'for 1 day',
    'for 0 seconds',
    '',
  ]);
});
