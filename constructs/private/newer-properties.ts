import { type Json, escapePointer } from './config-file';

/**
 * Properties that Config-API 1.4.1 does not describe and hands over nevertheless, since it takes them from the running class. Source:
 * InterSystems, class references of 2024.1 and later. Which release has which is not documented, so they are named and not refused.
 */
const NEWER: Readonly<Record<string, readonly string[]>> = {
  ECPServers: ['BatchMode'],
  'SYS.Databases': ['NewVolumeDirectory', 'NewVolumeThreshold'],
  'Security.SSLConfigs': ['AuthorizeCN', 'DiffieHellmanBits', 'OCSP', 'OCSPIssuerCert', 'OCSPResponseFile', 'OCSPURL'],
  'Security.System': [
    'EscalateAuthTimeout',
    'EscalateLoginTimeout',
    'JWTIssuer',
    'JWTSigAlg',
    'PrivateJWKS',
    'PublicJWKS',
    'SQLSecurity',
  ],
  config: ['PythonPath', 'PythonRuntimeLibrary', 'PythonRuntimeLibraryVersion', 'UUIDv1RandomMac'],
};

/** Sections with one object of properties; the others have one for each name. */
const SINGLE = ['Security.System', 'config'];

/** The document without its newer properties, for a schema that does not know them, and a JSON pointer to each of those. */
export function withoutNewerProperties(document: Json): { known: Json; pointers: string[] } {
  if (!isObject(document)) return { known: document, pointers: [] };
  const pointers: string[] = [];
  const strip = (section: string, entry: Json, at: string): Json => {
    if (!isObject(entry)) return entry;
    const isNewer = (name: string): boolean => NEWER[section]!.includes(name);
    pointers.push(
      ...Object.keys(entry)
        .filter(isNewer)
        .map(name => `${at}/${name}`),
    );
    return Object.fromEntries(Object.entries(entry).filter(([name]) => !isNewer(name)));
  };
  const sections = Object.entries(document).map(([section, content]): [string, Json] => {
    const at = `/${section}`;
    if (!(section in NEWER) || !isObject(content)) return [section, content];
    if (SINGLE.includes(section)) return [section, strip(section, content, at)];
    const entries = Object.entries(content).map(([name, entry]) => [
      name,
      strip(section, entry, `${at}/${escapePointer(name)}`),
    ]);
    return [section, Object.fromEntries(entries) as Json];
  });
  return { known: Object.fromEntries(sections), pointers };
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
