import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCpfMergeFile, renderCpf } from '../constructs/private/cpf-merge';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-cpf-'));
  file = join(folder, 'merge.cpf');
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (text: string, owned = {}) => {
  writeFileSync(file, text);
  return readCpfMergeFile(file, owned);
};

test('a merge file keeps sections, parameters and actions, and drops comments', () => {
  const text = `; ours\n[config]\ngmheap=65536\nLOCKSIZ = 33554432\n\n# more\n[Startup]\nSystemMode=LIVE\n[Actions]\nCreateResource:Name=Shop,Description="a, b"\n[Map.SHOP]\nGlobal_x=DATA\n`;
  expect(read(text)).toEqual({
    config: ['gmheap=65536', 'LOCKSIZ = 33554432'],
    Startup: ['SystemMode=LIVE'],
    Actions: ['CreateResource:Name=Shop,Description="a, b"'],
    'Map.SHOP': ['Global_x=DATA'],
  });
});

test.each<[string, string, string]>([
  ['[Confg]\n', '1', 'must be a section of the CPF file, got "[Confg]"; known are Cluster, config'],
  ['gmheap=1\n', '1', 'must be below a section, got "gmheap=1"; put [config] or another section before it'],
  ['[config]\ngheap=1\n', '2', 'must be a parameter of [config], got "gheap=1"; known are Asyncwij'],
  ['[config]\ngmheap\n', '2', 'must be KEY=VALUE, got "gmheap"; fix it'],
  ['[config]\n\nMaxServerConn=3\n', '3', `must be left out: it is 'maxAppServers', got "MaxServerConn=3"; take it out`],
  ['[Actions]\nMakeDatabase:Name=X\n', '2', 'must be an action such as CreateResource:Name=…'],
  ['[Actions]\nModifySystem:Name=SYSTEM,SSLECPServer=1\n', '2', 'the data server would take ECP in clear text'],
  [
    '[Actions]\nModifySSLConfig:Name="%ECPServer",VerifyPeer=0\n',
    '2',
    'the TLS configurations of ECP are those of the config file',
  ],
  ['[Actions]\nModifyService:Name=%Service_ECP,Enabled=0\n', '2', 'the service is set by the config file'],
  ['[ECPServers]\nX=host,1972,0,0\n', '2', 'data servers are those of the config file, over TLS'],
  ['[Startup]\nDefaultPort=51773\n', '2', 'the superserver port is 1972'],
])('%j is refused', (text, line, words) => {
  const owned = { 'config.maxserverconn': "'maxAppServers'" };
  expect(() => read(text, owned)).toThrow(`'cpfMergeFile' line ${line} of '${file}': must be `);
  expect(() => read(text, owned)).toThrow(words);
});

test('the parameters of the constructs come first in a section that both have', () => {
  const text = renderCpf({ config: ['MaxServers=2'], ECP: [] }, { Startup: ['SystemMode=LIVE'], config: ['gmheap=1'] });
  expect(text).toBe('[config]\nMaxServers=2\ngmheap=1\n[Startup]\nSystemMode=LIVE\n');
});
