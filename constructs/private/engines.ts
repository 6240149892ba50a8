import type { EcpConfigFile, EcpImage } from '../ecp-image';
import type { Json } from './config-file';
import { checkIrisRules } from './iris-rules';
import { checkRehearsalRules } from './rehearsal-rules';

/** What an engine is, without the image that it is built into. */
export type EcpEngine = Pick<EcpImage, 'engine' | 'features' | 'checkConfig'>;

/** The licence-free engine. */
export const REHEARSAL_ENGINE: EcpEngine = {
  engine: 'rehearsal',
  checkConfig: ({ document, file, role }: EcpConfigFile) => checkRehearsalRules(document as Json, file, role),
};

/** InterSystems IRIS. */
export const IRIS_ENGINE: EcpEngine = {
  engine: 'iris',
  features: { predefinedVariables: true, connectionLimit: true, journalVolumes: true, durableAppServers: true },
  checkConfig: ({ document, file, ...server }: EcpConfigFile) => checkIrisRules(document as Json, file, server),
};
