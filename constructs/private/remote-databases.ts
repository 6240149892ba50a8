import { DATA_SERVER_NAME } from '../../contract/contract';
import { Refusal } from '../../contract/refusal';
import type { EcpRemoteDatabase } from '../ecp-app-server';
import type { Json } from './config-file';

/** Where both engines keep the database of our documents on a data server. */
const DIRECTORY = '/durable/iris/mgr/myappdata/';

type Section = Readonly<Record<string, Json>>;

/**
 * Adds data servers, databases and mappings to an application server's document.
 *
 * @throws Error when a name already means something else there.
 */
export function addRemoteDatabases(document: Json, databases: readonly EcpRemoteDatabase[]): Json {
  if (databases.length === 0) return document;
  const { ECPServers, Databases, MapGlobals, ...rest } = document as Readonly<Record<string, Section | undefined>>;
  const servers: Record<string, Json> = { ...ECPServers };
  const remotes: Record<string, Json> = { ...Databases };
  const maps: Record<string, Json> = { ...MapGlobals };
  for (const { name, dataServer, directory = DIRECTORY, globals, namespace = 'USER' } of databases) {
    const server = { Address: dataServer.host, Port: String(dataServer.port), SSLConfig: '1' };
    const before = servers[dataServer.name] as Section | undefined;
    if (before !== undefined && (before.Address !== server.Address || String(before.Port ?? '1972') !== server.Port))
      throw new Refusal(
        `'remoteDatabases' must give each data server a name of its own, got '${dataServer.name}' for ${dataServer.host} and ${String(before.Address)}; set it: { ...dataServer, name: 'another' }`,
      );
    servers[dataServer.name] = before ?? server;
    if (remotes[name] !== undefined)
      throw new Refusal(
        `'remoteDatabases' must have names that the config file does not use, got '${name}'; choose another`,
      );
    if (globals.length === 0)
      throw new Refusal(
        `'remoteDatabases' must map a global to each database, got none for '${name}'; add one to 'globals'`,
      );
    remotes[name] = { Directory: directory, Server: dataServer.name };
    maps[namespace] = [
      ...((maps[namespace] ?? []) as Json[]),
      ...globals.map(global => ({ Name: global, Database: name })),
    ];
  }
  return { ...rest, ECPServers: servers, Databases: remotes, MapGlobals: maps } as Json;
}

/**
 * Every data server answers to `data-server` on its own network, so that a server on two networks would find either.
 *
 * @throws Error when the name is used beside another network.
 */
export function requireUniqueHosts(host: string, databases: readonly EcpRemoteDatabase[]): void {
  if (databases.every(({ network }) => network === undefined)) return;
  for (const each of [host, ...databases.map(({ dataServer }) => dataServer.host)])
    if (each === DATA_SERVER_NAME)
      throw new Refusal(
        `'host' of each data server must be the name of its container where 'remoteDatabases' has another network, got '${each}', which is one on each; set it: { ...dataServer, host: '<cluster>-data-server' }`,
      );
}
