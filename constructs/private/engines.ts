import { IRIS, REHEARSAL } from '../../contract/engines';
import type { EcpConfigFile, EcpImage } from '../ecp-image';
import type { Json } from './config-file';
import { mirroredDirectory } from './iris-mirror';
import { checkIrisRules } from './iris-rules';
import { checkRehearsalRules } from './rehearsal-rules';

/** What an engine is, without the image that it is built into. */
export type EcpEngine = Pick<
  EcpImage,
  'engine' | 'features' | 'failurePatienceSec' | 'checkConfig' | 'webHealth' | 'mirroredDirectory'
>;

/** The licence-free engine. */
export const REHEARSAL_ENGINE: EcpEngine = {
  engine: REHEARSAL,
  features: { readOnlyClients: true, mirrors: true },
  failurePatienceSec: 8,
  checkConfig: ({ document, file, role, mirror }: EcpConfigFile) =>
    checkRehearsalRules(document as Json, file, role, mirror),
  webHealth: {
    path: '/metrics/ecp?server=%[srv_name]',
    normal: String.raw`ecp_server_normal\{[^}]*\} 1`,
  },
};

/** InterSystems IRIS. */
export const IRIS_ENGINE: EcpEngine = {
  engine: IRIS,
  // It tries again every ten seconds, and what it waits for is slow.
  failurePatienceSec: 60,
  features: {
    predefinedVariables: true,
    connectionLimit: true,
    journalVolumes: true,
    durableAppServers: true,
    freezesFiles: true,
    superserverClients: true,
    mirrors: true,
  },
  mirroredDirectory,
  checkConfig: ({ document, file, ...server }: EcpConfigFile) => checkIrisRules(document as Json, file, server),
  // Active connections of an application server (GCM_rest). Unproven: docs/iris.md.
  webHealth: { path: '/api/monitor/metrics', normal: String.raw`iris_ecp_conn(\{[^}]*\})? +[1-9]` },
};
