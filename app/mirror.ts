import type { EcpMirrorOptions } from '../constructs';
import { ARBITER_NAME, DATA_SERVER_NAME } from '../contract/contract';
import { dataVolumeName, serverVolumeName } from '../contract/names';
import { variableOf, type Settings } from './settings';

const DEFAULT_MEMBERS = ['data-server-a', 'data-server-b'] as const;

/** The mirror that the settings want; nothing when they want one data server. */
export function mirrorOptions(settings: Settings): EcpMirrorOptions | undefined {
  const { mirror: name, mirrorMembers, arbiter } = settings;
  if (name === undefined) {
    const [setting, value] =
      Object.entries({ mirrorMembers, arbiter }).find(([, each]) => each !== undefined && each !== false) ?? [];
    if (setting === undefined) return undefined;
    throw new Error(
      `'mirror' must be set beside '${setting}', got nothing beside ${JSON.stringify(value)}; give the name of the mirror in ${variableOf('mirror')}, or true`,
    );
  }
  return {
    name,
    // The construct says what is wrong with another number of them.
    members: (mirrorMembers ?? DEFAULT_MEMBERS) as EcpMirrorOptions['members'],
    arbiter: arbiter ?? true,
  };
}

/** Names of the data servers; the first is the one whose volume a cluster without a mirror has. */
export function dataServerNames(settings: Settings): readonly string[] {
  return mirrorOptions(settings)?.members ?? [DATA_SERVER_NAME];
}

/** Volumes with the data of the data servers, in their order. */
export function dataVolumeNames(settings: Settings): string[] {
  const [, ...others] = dataServerNames(settings);
  return [dataVolumeName(settings.cluster), ...others.map(name => serverVolumeName(settings.cluster, name))];
}

/** Names of all servers, in the order in which they start. */
export function serverNames(settings: Settings): string[] {
  const hasArbiter = mirrorOptions(settings)?.arbiter;
  return [...(hasArbiter ? [ARBITER_NAME] : []), ...dataServerNames(settings), ...settings.appServers];
}
