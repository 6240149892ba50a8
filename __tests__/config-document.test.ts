import { Token } from 'cdktf';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderConfigDocument, type ConfigDocumentSource } from '../constructs/private/config-document';
import { IRIS_ENGINE, REHEARSAL_ENGINE } from '../constructs/private/engines';

const folder = mkdtempSync(join(tmpdir(), 'ecp-config-document-'));
const file = join(folder, 'config.json');
afterAll(() => rmSync(folder, { recursive: true }));

/** Renders a document of these sections; the rules of mutual TLS stand aside unless asked for. */
function render(document: unknown, source: Partial<ConfigDocumentSource> = {}) {
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
  return renderConfigDocument({
    file,
    role: 'data-server',
    variables: {},
    allowInsecure: true,
    engine: IRIS_ENGINE,
    ...source,
  });
}

const ecpServer = (properties: object) => ({ ECPServers: { prod: { Address: 'data-server', ...properties } } });
const tls = (properties: object) => ({ 'Security.SSLConfigs': { '%ECPServer': properties } });
/** With less no data server of the rehearsal engine becomes Normal. */
const WHOLE = {
  'Security.Services': { '%Service_ECP': { Enabled: true } },
  'Security.SSLConfigs': { '%ECPServer': { Type: '1' } },
  'SYS.Databases': { '/durable/d/': {} },
  Databases: { d: { Directory: '/durable/d/' } },
};
const service = (properties: object) => ({ 'Security.Services': { '%Service_ECP': properties } });

describe('a document is rendered', () => {
  test('with its variables in keys and values, at any depth', () => {
    const { text } = render(
      {
        ECPServers: { '${NAME}': { Name: '${NAME}', Address: '${NAME}.${DOMAIN}' } },
        MapGlobals: { USER: [{ Name: '${GLOBAL}*', Database: 'd' }] },
      },
      { variables: { NAME: 'prod', DOMAIN: 'example', GLOBAL: 'demo.' } },
    );
    expect(JSON.parse(text)).toEqual({
      ECPServers: { prod: { Name: 'prod', Address: 'prod.example' } },
      MapGlobals: { USER: [{ Name: 'demo.*', Database: 'd' }] },
    });
  });

  test('as indented JSON with a line break at the end, and with the hash of just that', () => {
    const { text, sha256 } = render('{"Startup":{"SystemMode":"TEST"}}');
    expect(text).toBe('{\n  "Startup": {\n    "SystemMode": "TEST"\n  }\n}\n');
    expect(sha256).toBe(createHash('sha256').update(text).digest('hex'));
  });

  test('to the same text for any layout, but not for any order', () => {
    const compact = render('{"Startup":{"SystemMode":"TEST"},"ECP":{}}');
    expect(render('{ "Startup" : {"SystemMode": "TEST"},\n\t"ECP": {} }')).toEqual(compact);
    expect(render('{"ECP":{},"Startup":{"SystemMode":"TEST"}}').sha256).not.toBe(compact.sha256);
  });

  test.each(['"', '\\', '\n', '","Enabled":false,"x":"', '$&', "$'", '%{x}'])(
    'with the value %j as it is: no value can break out of its string',
    value => {
      const { text } = render({ Startup: { SystemMode: 'a${V}b' } }, { variables: { V: value } });
      expect(JSON.parse(text)).toEqual({ Startup: { SystemMode: `a${value}b` } });
    },
  );

  test('with an empty value, and with a dollar that begins no variable', () => {
    const { text } = render({ Startup: { SystemMode: '$A $ {B} ${V}$' } }, { variables: { V: '' } });
    expect(JSON.parse(text)).toEqual({ Startup: { SystemMode: '$A $ {B} $' } });
  });
});

describe("a document's variables get their values in Config-API's order", () => {
  const startup = (document: object, variables: Record<string, string> = {}, engine = IRIS_ENGINE) =>
    (JSON.parse(render(document, { variables, engine }).text) as { Startup: unknown }).Startup;

  test('Defaults set what the document uses and are left out of it', () => {
    const document = {
      Defaults: { MODE: 'TEST', LEVEL: 2, ON: true },
      Startup: { SystemMode: '${MODE}${LEVEL}${ON}' },
    };
    expect(JSON.parse(render(document).text)).toEqual({ Startup: { SystemMode: 'TEST21' } });
  });

  test("the caller's value wins over Defaults, and both over what is predefined", () => {
    const document = {
      Defaults: { MODE: 'mine', MGRDIR: '/m/' },
      Startup: { SystemMode: '${MODE} ${MGRDIR} ${CSPDIR}' },
    };
    expect(startup(document, { MODE: 'yours', CSPDIR: '/c/' })).toEqual({ SystemMode: 'yours /m/ /c/' });
  });

  test('values may contain variables, replaced in three passes by name', () => {
    // Each pass reaches one step only: a value stands before the name that it leads to.
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, index) => [`V${9 - index}`, index + 1 < length ? `\${V${8 - index}}` : 'end']),
      );
    const use = { Startup: { SystemMode: '${V9}' } };
    expect(startup({ Defaults: chain(3), ...use })).toEqual({ SystemMode: 'end' });
    expect(() => startup({ Defaults: chain(4), ...use })).toThrow(
      "/Startup/SystemMode: variable '${V6}' is still there after three passes",
    );
    expect(
      startup({ Defaults: { A: '${B}', B: '${C}', C: '${D}', D: '${E}', E: 'end' }, Startup: { SystemMode: '${A}' } }),
    ).toEqual({
      SystemMode: 'end',
    });
    expect(startup({ Startup: { SystemMode: '${V}' } }, { V: '${W}', W: 'end' })).toEqual({ SystemMode: 'end' });
  });

  test.each(['MGRDIR', 'mgrdir', 'CSPDIR', 'BINDIR', 'LIBDIR', 'NAMESPACE', 'USERNAME', 'ROLES', 'SYSTEM'])(
    '${%s} is left for a running IRIS',
    name => {
      const document = { Defaults: { DB: `\${${name}}db/` }, Journal: { CurrentDirectory: '${DB}' } };
      expect(JSON.parse(render(document).text)).toEqual({ Journal: { CurrentDirectory: `\${${name}}db/` } });
    },
  );

  test('what IRIS predefines is refused where the rehearsal engine acts on it, and nowhere else', () => {
    const document = { Defaults: { DB: '${MGRDIR}db/' }, 'SYS.Databases': { '${DB}': {} } };
    expect(() => render(document, { engine: REHEARSAL_ENGINE })).toThrow(
      new Error(
        `'${file}' /SYS.Databases/\${DB}: variable '\${MGRDIR}' has no value ('\${MGRDIR}' is known to a running IRIS alone, and not to the rehearsal engine); set it in 'configVariables' or use one of DB`,
      ),
    );
    expect(() => render(document, { engine: REHEARSAL_ENGINE, variables: { MGRDIR: '/durable/' } })).not.toThrow(
      'variable',
    );
    expect(startup({ ...WHOLE, Startup: { SystemMode: '${SYSTEM}' } }, {}, REHEARSAL_ENGINE)).toEqual({
      SystemMode: '${SYSTEM}',
    });
  });

  test("an application server's ${MGRDIR} does not stand for the data server's", () => {
    const document = { Databases: { d: { Directory: '${MGRDIR}d/', Server: 's' } } };
    expect(() => render(document, { role: 'app-server' })).toThrow("variable '${MGRDIR}' has no value");
    expect(() => render(document)).not.toThrow();
  });

  test('all variables without a value are reported together', () => {
    const document = {
      Defaults: { A: '${ONE}' },
      Startup: { SystemMode: '${A}${TWO}${ONE}' },
      ECPServers: { '${THREE}': {} },
    };
    expect(() => render(document)).toThrow(
      new Error(
        `'${file}': variables '\${ONE}' (/Startup/SystemMode), '\${TWO}' (/Startup/SystemMode), '\${THREE}' (/ECPServers/\${THREE}) have no value; set them in 'configVariables' or use one of A`,
      ),
    );
  });

  test.each<[unknown, string]>([
    [[], '/Defaults: must be an object of variables, got []'],
    ['x', '/Defaults: must be an object of variables, got "x"'],
    [{ 'a/b': {} }, '/Defaults/a~1b: must be a text or a number, got {}'],
    [{ A: null }, '/Defaults/A: must be a text or a number, got null'],
  ])('Defaults of %j are refused', (Defaults, sentence) => {
    expect(() => render({ Defaults })).toThrow(new Error(`'${file}' ${sentence}`));
  });

  test('values that repeat each other are refused before they fill the memory', () => {
    const many = Object.fromEntries(
      Array.from({ length: 26 }, (_, index) => [
        String.fromCharCode(65 + index),
        `\${${String.fromCharCode(66 + index)}}`.repeat(9),
      ]),
    );
    expect(() => render({ Defaults: many, Startup: { SystemMode: '${A}' } })).toThrow(
      'grows beyond 1000000 characters',
    );
  });

  test('two keys that become one are refused', () => {
    expect(() => render({ ECPServers: { a: {}, '${N}': {} } }, { variables: { N: 'a' } })).toThrow(
      new Error(`'${file}' /ECPServers/\${N}: becomes 'a', which exists already; merge the two`),
    );
  });
});

describe('what the rehearsal engine would refuse at its start is refused at synth', () => {
  const durable = 'must be a directory below /durable for the rehearsal engine, which has no other place for data';
  const named = "must be a host name for the rehearsal engine, which looks for it in the data server's certificate";

  test.each<[object, string]>([
    [{ 'SYS.Databases': { '/usr/data/': {} } }, `/SYS.Databases/~1usr~1data~1: ${durable}, got "/usr/data/"`],
    [
      { Databases: { d: { Directory: '/durable/../etc/' } } },
      `/Databases/d/Directory: ${durable}, got "/durable/../etc/"`,
    ],
    [{ Databases: { d: { Directory: '/durable/' } } }, `/Databases/d/Directory: ${durable}, got "/durable/"`],
    [ecpServer({ Address: '10.0.0.5' }), `/ECPServers/prod/Address: ${named}, got "10.0.0.5"`],
    [ecpServer({ Address: 'a b' }), `/ECPServers/prod/Address: ${named}, got "a b"`],
  ])('%j', (document, sentence) => {
    expect(() => render(document, { engine: REHEARSAL_ENGINE })).toThrow(
      new Error(`'${file}' ${sentence}; correct it`),
    );
    if ('ECPServers' in document) expect(() => render(document, { engine: IRIS_ENGINE })).not.toThrow();
  });

  test.each<[object, string]>([
    [
      service({ Enabled: false }),
      '/Security.Services/%Service_ECP/Enabled: must be true, since a server without ECP never becomes Normal, got false; set it',
    ],
    [
      { 'Security.Services': undefined },
      '/Security.Services/%Service_ECP/Enabled: must be true, since a server without ECP never becomes Normal, got nothing; set it',
    ],
    [
      { Databases: undefined },
      '/Databases: must have an entry, since a data server of the rehearsal engine never becomes Normal without, got none; add it',
    ],
    [
      { 'SYS.Databases': {} },
      '/SYS.Databases: must have an entry, since a data server of the rehearsal engine never becomes Normal without, got none; add it',
    ],
  ])('what never becomes Normal: %j', (change, sentence) => {
    expect(() => render({ ...WHOLE, ...change }, { engine: REHEARSAL_ENGINE })).toThrow(
      new Error(`'${file}' ${sentence}`),
    );
  });
});

describe('a file is read in any common encoding', () => {
  const bytes = (...parts: (string | number[])[]) => Buffer.concat(parts.map(part => Buffer.from(part as string)));
  const renderBytes = (content: Buffer) => {
    writeFileSync(file, content);
    return renderConfigDocument({ file, role: 'data-server', variables: {}, allowInsecure: true, engine: IRIS_ENGINE });
  };

  test('with a byte order mark, and with line ends of Windows', () => {
    const plain = renderBytes(bytes('{"Startup":\n{}}'));
    expect(renderBytes(bytes([0xef, 0xbb, 0xbf], '{"Startup":\r\n{}}\r\n'))).toEqual(plain);
  });

  test.each<[string, Buffer]>([
    ['UTF-16 with a mark', Buffer.from('\ufeff{"Startup":{}}', 'utf16le')],
    ['UTF-16 without', Buffer.from('{"Startup":{}}', 'utf16le')],
    ['Latin-1', Buffer.from('{"Startup":{"SystemMode":"é"}}', 'latin1')],
  ])('but not in %s', (_, content) => {
    expect(() => renderBytes(content)).toThrow(
      new Error(`'configFile' must be text in UTF-8, but '${file}' is not (UTF-16?); save it as UTF-8`),
    );
  });

  test.each(['// a remark\n{}', '{\n  /* a remark */ "Startup": {}\n}', '{}\n# a remark'])(
    'but not with the comment of %j',
    text => {
      expect(() => renderBytes(Buffer.from(text))).toThrow('take out its comments, which JSON does not have');
    },
  );

  test.each([
    '{"Startup":{},"ECP":{"a":"x\\"{"},"Startup":{"SystemMode":"TEST"}}',
    '{"Startup":{},"\\u0053tartup":{}}',
  ])('but not when a key would silence another: %s', text => {
    expect(() => renderBytes(Buffer.from(text))).toThrow(
      new Error(
        `'configFile' must have each key once in an object, but '${file}' has "Startup" twice, of which only one would count; merge the two`,
      ),
    );
  });

  test('a device is not read', () => {
    expect(() =>
      renderConfigDocument({
        file: '/dev/zero',
        role: 'data-server',
        variables: {},
        allowInsecure: true,
        engine: IRIS_ENGINE,
      }),
    ).toThrow(
      new Error("'configFile' must be a readable file, got '/dev/zero', which is a device or a pipe; correct the path"),
    );
  });
});

describe('a document may say the same in several ways', () => {
  test.each([true, 1, '1', false, 0, '0'])('a flag is %j', flag => {
    expect(() => render({ Databases: { d: { Directory: '/durable/d/', MountRequired: flag } } })).not.toThrow();
    expect(() => render(ecpServer({ SSLConfig: flag }))).not.toThrow();
  });

  test.each([1, '1', 1972, '1972', 65535, '65535'])('a port is %j', Port => {
    expect(() => render(ecpServer({ Port }))).not.toThrow();
  });

  test.each([2, '2'])('mutual TLS is required by %j', SSLECPServer => {
    const document = { ...tls({ VerifyPeer: '3' }), 'Security.System': { SSLECPServer } };
    expect(() => render(document, { allowInsecure: false })).not.toThrow();
  });

  test('a section that a cluster does not use is checked by its name only', () => {
    expect(() => render({ ZPM: { whatever: [1] }, 'Security.Users': { admin: { Roles: '%All' } } })).not.toThrow();
  });
});

describe('a document is refused', () => {
  const FLAG = 'a flag: true, false, 1, 0, "1" or "0"';
  const PORT = 'a whole number from 1 to 65535 (a TCP port)';
  const PEER = '0 (none), 1 (require on a client, request on a server) or 3 (require on a server)';
  const portOf = (got: string) => `/ECPServers/prod/Port: must be ${PORT}, got ${got}`;

  test.each<[string, unknown, string]>([
    [
      'with a misspelt section',
      { ECPServer: {} },
      "/ECPServer: unknown section 'ECPServer'; did you mean 'ECP' or 'ECPServers'?",
    ],
    [
      'with a section in other letters',
      { databases: {} },
      "/databases: unknown section 'databases'; did you mean 'Databases' or 'SYS.Databases'?",
    ],
    [
      'with a section that is none',
      { '%ECPServer': { CAFile: 'ca.pem' } },
      "/%ECPServer: unknown section '%ECPServer'; did you mean 'ECP' or 'ECPServers'?",
    ],
    [
      'with a misspelt property',
      ecpServer({ Adress: 'data-server' }),
      "/ECPServers/prod/Adress: unknown property 'Adress'; did you mean 'Address'?",
    ],
    [
      'with a property in the wrong place',
      service({ Port: 1972 }),
      "/Security.Services/%Service_ECP/Port: unknown property 'Port'; allowed are Name, Description, Enabled, ClientSystems, AutheEnabled",
    ],
    [
      'with a name of signs alone',
      service({ '%%': 1 }),
      "/Security.Services/%Service_ECP/%%: unknown property '%%'; allowed are Name, Description, Enabled, ClientSystems, AutheEnabled",
    ],
    ['with a property missing', { ECPServers: { prod: {} } }, "/ECPServers/prod: 'Address' is missing; add it"],
    [
      'with a word for a flag',
      service({ Enabled: 'yes' }),
      `/Security.Services/%Service_ECP/Enabled: must be ${FLAG}, got "yes"`,
    ],
    ['with a number beyond a flag', ecpServer({ SSLConfig: 2 }), `/ECPServers/prod/SSLConfig: must be ${FLAG}, got 2`],
    ['with port 0', ecpServer({ Port: 0 }), portOf('0')],
    ['with port "0"', ecpServer({ Port: '0' }), portOf('"0"')],
    ['with port 65536', ecpServer({ Port: 65536 }), portOf('65536')],
    ['with port "65536"', ecpServer({ Port: '65536' }), portOf('"65536"')],
    ['with port 99999', ecpServer({ Port: 99999 }), portOf('99999')],
    ['with port "99999"', ecpServer({ Port: '99999' }), portOf('"99999"')],
    ['with half a port', ecpServer({ Port: 1972.5 }), portOf('1972.5')],
    [
      'with an empty address',
      ecpServer({ Address: '' }),
      '/ECPServers/prod/Address: must be a host name or address, got ""',
    ],
    [
      'with a number for a path',
      tls({ CAFile: 5 }),
      '/Security.SSLConfigs/%ECPServer/CAFile: must be a path, or nothing, got 5',
    ],
    [
      'with an unknown VerifyPeer',
      tls({ VerifyPeer: 2 }),
      `/Security.SSLConfigs/%ECPServer/VerifyPeer: must be ${PEER}, got 2`,
    ],
    [
      'with true for VerifyPeer',
      tls({ VerifyPeer: true }),
      `/Security.SSLConfigs/%ECPServer/VerifyPeer: must be ${PEER}, got true`,
    ],
    [
      'with a wrong TLS version',
      tls({ TLSMinVersion: 12 }),
      '/Security.SSLConfigs/%ECPServer/TLSMinVersion: must be 4 (TLS 1.0), 8 (1.1), 16 (1.2) or 32 (1.3), got 12',
    ],
    [
      'with SSLECPServer 3',
      { 'Security.System': { SSLECPServer: 3 } },
      '/Security.System/SSLECPServer: must be 0 (no TLS), 1 (TLS allowed) or 2 (TLS required), got 3',
    ],
    [
      'with a misspelt level of TLS',
      { 'Security.System': { SSLECPServr: 2 } },
      "/Security.System/SSLECPServr: unknown property 'SSLECPServr'; did you mean 'SSLECPServer'?",
    ],
    ['with a list for a section', { ECPServers: [] }, '/ECPServers: must be an object with one entry a name, got []'],
    ['with null for an entry', { ECPServers: { prod: null } }, '/ECPServers/prod: must be object, got null'],
    ['with an object for a list', { MapGlobals: { USER: {} } }, '/MapGlobals/USER: must be a list of mappings, got {}'],
    [
      'with a mistake deep in a list, under names with ~ and /',
      {
        MapGlobals: {
          'a~b/c': [
            { Name: 'x', Database: 'd' },
            { Name: 'y', Databse: 'd', Database: 'd' },
          ],
        },
      },
      "/MapGlobals/a~0b~1c/1/Databse: unknown property 'Databse'; did you mean 'Database'?",
    ],
    [
      'with a mistake under a path',
      { 'SYS.Databases': { '/durable/iris/mgr/x/': { Sizes: 1 } } },
      "/SYS.Databases/~1durable~1iris~1mgr~1x~1/Sizes: unknown property 'Sizes'; did you mean 'Size'?",
    ],
    ['that is a list', [], "/: must be an object with Config-API's sections, got []"],
    ['that is a text', '"text"', '/: must be an object with Config-API\'s sections, got "text"'],
  ])('%s', (_, document, message) => {
    expect(() => render(document)).toThrow(new Error(`'${file}' ${message}`));
  });

  test('listing its first five mistakes and counting the others', () => {
    const document = service({ a: 1, Bb: 1, Cc: 1, Dd: 1, Ee: 1, Ff: 1, Gg: 1 });
    const lines = catchMessage(() => render(document)).split('\n');
    expect(lines).toHaveLength(6);
    for (const line of lines.slice(0, 5))
      expect(line).toMatch(/^'.*' \/Security\.Services\/%Service_ECP\/\w+: unknown property/);
    expect(lines[5]).toBe('and 2 more');
  });

  test.each<[string, unknown, string]>([
    ['value', { Startup: { SystemMode: 'x${MODE}' } }, '/Startup/SystemMode'],
    ['key', { ECPServers: { '${MODE}': {} } }, '/ECPServers/${MODE}'],
    ['name that every object has', { Startup: { SystemMode: '${toString}' } }, '/Startup/SystemMode'],
    ['list under a name with /', { MapGlobals: { 'a/b': [{ Name: '${}' }] } }, '/MapGlobals/a~1b/0/Name'],
  ])('with a variable in a %s that is not set', (_, document, pointer) => {
    const [, name] = /\$\{(\w*)\}/.exec(JSON.stringify(document))!;
    expect(() => render(document, { variables: { NAME: 'prod', CA_ROOT: 'ca.pem' } })).toThrow(
      new Error(
        `'${file}' ${pointer}: variable '\${${name}}' has no value; set it in 'configVariables' or use one of CA_ROOT, NAME`,
      ),
    );
  });

  test('with a variable that is known only after an apply, since nothing could check it', () => {
    const variables = { HOST: Token.asString({ resolve: () => '${docker_container.other.name}' }) };
    expect(() => render(ecpServer({ Address: '${HOST}' }), { variables })).toThrow(
      new Error(
        `'${file}' /ECPServers/prod/Address: variable '\${HOST}' must be known at synth, got a value of another resource`,
      ),
    );
  });

  test.each(['', '{', "{ 'a': 1 }", '{ "a": 1, }'])('with %j, which is no JSON', text => {
    const reason = catchMessage(() => JSON.parse(text));
    expect(() => render(text)).toThrow(new Error(`'configFile' must be JSON, but '${file}' is not: ${reason}; fix it`));
  });

  test('that is not there', () => {
    const missing = join(folder, 'missing.json');
    expect(() => render({}, { file: missing })).toThrow(
      new Error(`'configFile' must be a readable file, got '${missing}', which does not exist; correct the path`),
    );
  });

  test('that is written as on another system', () => {
    const file = `${folder}\\config.json`;
    expect(() => render({}, { file })).toThrow(
      new Error(
        `'configFile' must be a readable file, got '${file}', which does not exist; write '/' in place of '\\'`,
      ),
    );
  });

  test('that is a folder', () => {
    expect(() => render({}, { file: folder })).toThrow(
      new Error(`'configFile' must be a readable file, got '${folder}', which is a folder; correct the path`),
    );
  });
});

describe('a document that disables mutual TLS is refused', () => {
  const dataServer = (VerifyPeer: unknown, SSLECPServer: unknown) => ({
    ...tls({ VerifyPeer }),
    'Security.System': { SSLECPServer },
  });
  const appServer = (VerifyPeer: unknown) => ({ 'Security.SSLConfigs': { '%ECPClient': { VerifyPeer } } });
  const connection = (SSLConfig?: unknown) => ({
    ...appServer(1),
    ECPServers: { one: { Address: 'one', SSLConfig: true }, two: { Address: 'two', SSLConfig } },
  });
  const inClear = (got: string) =>
    `/ECPServers/two/SSLConfig: must be 1 (without it the application server speaks ECP in clear text), got ${got}; set it, or set 'allowInsecure'`;
  const clear = (got: string) =>
    `/Security.System/SSLECPServer: must be 2 (below 2 the data server still takes ECP in clear text), got ${got}; set it, or set 'allowInsecure'`;
  const anonymous = (got: string) =>
    `/Security.SSLConfigs/%ECPServer/VerifyPeer: must be 3 (below 3 the data server takes application servers without a certificate), got ${got}; set it, or set 'allowInsecure'`;
  const anyone = (got: string) =>
    `/Security.SSLConfigs/%ECPClient/VerifyPeer: must be 1 (without it the application server talks to anyone who answers instead of the data server), got ${got}; set it, or set 'allowInsecure'`;

  test.each<['data-server' | 'app-server', unknown, string]>([
    ['data-server', {}, clear('nothing')],
    ['data-server', dataServer(3, undefined), clear('nothing')],
    ['data-server', dataServer(3, 1), clear('1')],
    ['data-server', dataServer(3, '1'), clear('"1"')],
    ['data-server', dataServer(3, 0), clear('0')],
    ['data-server', dataServer(undefined, 2), anonymous('nothing')],
    ['data-server', dataServer(1, 2), anonymous('1')],
    ['data-server', dataServer('1', 2), anonymous('"1"')],
    ['data-server', dataServer(0, 2), anonymous('0')],
    ['app-server', {}, anyone('nothing')],
    ['app-server', { 'Security.SSLConfigs': {} }, anyone('nothing')],
    ['app-server', appServer(undefined), anyone('nothing')],
    ['app-server', appServer(0), anyone('0')],
    ['app-server', appServer('0'), anyone('"0"')],
    ['app-server', connection(), inClear('nothing')],
    ['app-server', connection('0'), inClear('"0"')],
    ['app-server', connection(false), inClear('false')],
  ])('by a %s: %j', (role, document, message) => {
    expect(() => render(document, { role, allowInsecure: false })).toThrow(new Error(`'${file}' ${message}`));
    expect(() => render(document, { role, allowInsecure: true })).not.toThrow();
  });

  test.each<['data-server' | 'app-server', unknown]>([
    ['data-server', dataServer(3, 2)],
    ['data-server', dataServer('3', '2')],
    ['app-server', appServer(1)],
    ['app-server', appServer('1')],
    ['app-server', connection('1')],
    ['app-server', connection(true)],
  ])('but not by a %s: %j', (role, document) => {
    expect(() => render(document, { role, allowInsecure: false })).not.toThrow();
  });

  test('after the schema check, so that misspellings are reported first', () => {
    expect(() => render(tls({ VerifyPer: 3 }), { allowInsecure: false })).toThrow(
      new Error(
        `'${file}' /Security.SSLConfigs/%ECPServer/VerifyPer: unknown property 'VerifyPer'; did you mean 'VerifyPeer'?`,
      ),
    );
  });
});

function catchMessage(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
