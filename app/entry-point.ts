import type { EcpEntryPointOptions } from '../constructs';
import { variableOf, type Settings } from './settings';

/** How the settings want the entry point; nothing when they want none. */
export function entryPointOptions(settings: Settings): EcpEntryPointOptions | undefined {
  const { entryPointPort, entryPointBindAddress, entryPointSuperserverPort, entryPointCookie } = settings;
  if (entryPointPort === undefined) {
    const beside = { entryPointBindAddress, entryPointSuperserverPort, entryPointCookie };
    const [setting, value] = Object.entries(beside).find(([, each]) => each !== undefined) ?? [];
    if (setting === undefined) return undefined;
    throw new Error(
      `'entryPointPort' must be set beside '${setting}', got nothing beside ${JSON.stringify(value)}; give the port of the entry point in ${variableOf('entryPointPort')}`,
    );
  }
  return {
    port: entryPointPort,
    bindAddress: entryPointBindAddress,
    superserverPort: entryPointSuperserverPort,
    cookie: entryPointCookie,
    baseImage: settings.rehearsalBaseImage,
    registry: settings.registry,
  };
}
