import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shorten } from '../../contract/messages';
import { Refusal } from '../../contract/refusal';
import { PACKAGE_FOLDER } from './package-folder';

/** Sections of a CPF merge file in their order, each with its lines. */
export type CpfSections = Readonly<Record<string, readonly string[]>>;

/** Parameters that a property of a construct sets, and its name. */
export type CpfOwned = Readonly<Record<string, string>>;

const { keys: KEYS, named: NAMED } = JSON.parse(
  readFileSync(join(PACKAGE_FOLDER, 'config-files', 'cpf-sections.json'), 'utf8'),
) as { readonly keys: Readonly<Record<string, readonly string[]>>; readonly named: readonly string[] };

/** InterSystems, Automating Configuration with Configuration Merge, "Merge File": comments, and `Operation:Name=value,…` in [Actions]. */
const COMMENT = /^\s*(;|#|\/\/)/;
const ACTION = /^(Create|Modify|Delete|Config|Import|Export|Enable|Disable|Set|Execute)\w*:\S/;

/** What would disable mutual TLS: on the data server's side and on the application servers'. */
const INSECURE: readonly { readonly section: string; readonly line: RegExp; readonly why: string }[] = [
  {
    section: 'Actions',
    line: /^ModifySystem:.*\bSSLECPServer=["']?[01]\b/i,
    why: 'the data server would take ECP in clear text',
  },
  {
    section: 'Actions',
    line: /^(Create|Modify|Delete)SSLConfig:.*%ECP(Server|Client)/i,
    why: 'the TLS configurations of ECP are those of the config file',
  },
  {
    section: 'Actions',
    line: /^(Config|Create|Modify|Delete)Mirror/i,
    why: "a mirror is set up by 'mirror' of EcpCluster, and requires TLS",
  },
  {
    section: 'Actions',
    line: /^(Create|Modify|Delete)SSLConfig:.*%Mirror(Server|Client)/i,
    why: 'the TLS configurations of a mirror are its own',
  },
  { section: 'Actions', line: /^(Modify|Delete)Service:.*%Service_ECP/i, why: 'the service is set by the config file' },
  {
    section: 'Actions',
    line: /^(Create|Modify|Delete)ECPServer:/i,
    why: 'data servers are those of the config file, over TLS',
  },
  { section: 'Actions', line: /^(Modify|Delete)Server:.*\b1972\b/i, why: 'the superserver takes TLS' },
  { section: 'ECPServers', line: /./, why: 'data servers are those of the config file, over TLS' },
  {
    section: 'Startup',
    line: /^DefaultPort(BindAddress)?=/i,
    why: 'the superserver port is 1972 on every address of the container',
  },
];

/**
 * Reads a CPF merge file of the user's own.
 *
 * @throws Error with the line when it has a section or a key that IRIS does not know, disables mutual TLS, or sets what a property sets.
 */
export function readCpfMergeFile(file: string, owned: CpfOwned): CpfSections {
  const sections: Record<string, string[]> = {};
  let section: string | undefined;
  readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .forEach((text, index) => {
      const line = text.trim();
      const fault = (rule: string, remedy: string): never => {
        throw new Refusal(
          `'cpfMergeFile' line ${index + 1} of '${file}': must be ${rule}, got ${shorten(line)}; ${remedy}`,
        );
      };
      if (line === '' || COMMENT.test(line)) return;
      const [, name] = /^\[(.*)\]$/.exec(line) ?? [];
      if (name !== undefined) {
        if (!isSection(name))
          fault(
            'a section of the CPF file',
            `known are ${[...Object.keys(KEYS), ...NAMED].join(', ')} and Map.<namespace>`,
          );
        section = name;
        return;
      }
      if (section === undefined) return fault('below a section', 'put [config] or another section before it');
      checkLine(section, line, owned, fault);
      (sections[section] ??= []).push(line);
    });
  return sections;
}

function isSection(name: string): boolean {
  return name in KEYS || NAMED.includes(name) || /^Map(\.\w+)?\.[%\w-]+$/.test(name);
}

function checkLine(
  section: string,
  line: string,
  owned: CpfOwned,
  fault: (rule: string, remedy: string) => never,
): void {
  const insecure = INSECURE.find(rule => rule.section === section && rule.line.test(line));
  if (insecure) fault(`left out: ${insecure.why}`, "take it out, or change 'configFile'");
  if (section === 'Actions') {
    if (!ACTION.test(line)) fault('an action such as CreateResource:Name=…', 'see the list in Configuration Merge');
    return;
  }
  const [, key = ''] = /^([^=]+?)\s*=/.exec(line) ?? [];
  if (key === '') fault('KEY=VALUE', 'fix it');
  const known = KEYS[section];
  if (known && !known.some(each => each.toLowerCase() === key.toLowerCase()))
    fault(`a parameter of [${section}]`, `known are ${known.join(', ')}`);
  const prop = owned[`${section}.${key}`.toLowerCase()];
  if (prop !== undefined) fault(`left out: it is ${prop}`, 'take it out');
}

/** The text of a merge file: `first` with what `more` adds to each section, and its other sections after them. */
export function renderCpf(first: CpfSections, more: CpfSections): string {
  const names = [...new Set([...Object.keys(first), ...Object.keys(more)])];
  const lines = names.flatMap(name => {
    const own = [...(first[name] ?? []), ...(more[name] ?? [])];
    return own.length > 0 ? [`[${name}]`, ...own] : [];
  });
  return `${lines.join('\n')}\n`;
}
