import type { ContainerUpload } from '@cdktf/provider-docker/lib/container';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES, SUPERSERVER_PORT } from '../../contract/contract';
import type { EcpServerFile } from '../ecp-image';
import { DELIVERY_SOURCE } from './delivered-files';
import { escapeForTerraform, hostFileUpload, textUpload } from './upload';

const COMPOSE = `${DELIVERY_SOURCE}/compose-csp-ini.sh`;
const COMPOSE_SCRIPT = readFileSync(join(__dirname, 'compose-csp-ini.sh'), 'utf8');

/**
 * The gateway's configuration: one server, all paths. Sections and keys: intersystems-community/webgateway-examples, CSP.ini. The
 * superserver must take a gateway without TLS; both are on the cluster's network.
 */
const CSP_INI = (server: string): string => `[SYSTEM]
IRISCONNECT_LIBRARY_PATH=/opt/webgateway/bin
[SYSTEM_INDEX]
IRIS=Enabled
[IRIS]
Ip_Address=${server}
TCP_Port=${SUPERSERVER_PORT}
Username=CSPSystem
Password=
Connection_Security_Level=0
[APP_PATH_INDEX]
/=Enabled
/csp=Enabled
[APP_PATH:/]
Default_Server=IRIS
[APP_PATH:/csp]
Default_Server=IRIS
`;

/** Apache's part, after the same examples. Apache itself puts in the variable. */
const CSP_CONF = `CSPModulePath "\${ISC_PACKAGE_INSTALLDIR}/bin/"
CSPConfigPath "\${ISC_PACKAGE_INSTALLDIR}/bin/"
<Location />
    CSP On
</Location>
`;

/** What a web gateway's delivery brings. */
export interface WebGatewayFiles {
  readonly files: readonly EcpServerFile[];
  /** `CSP.ini` gets its password in the delivery, so that it is in no Terraform state. */
  readonly before: { readonly script: string; readonly uploads: readonly ContainerUpload[] };
  /** What another one stands for that reads other files. */
  readonly content: unknown;
}

export function webGatewayFiles(server: string, passwordFile: string | undefined): WebGatewayFiles {
  const template = textUpload(`${DELIVERY_SOURCE}/CSP.ini`, CSP_INI(server));
  const password = passwordFile === undefined ? [] : [hostFileUpload(`${DELIVERY_SOURCE}/password`, passwordFile)];
  return {
    files: [
      // A delivery is known by this file: what the gateway stands before.
      { path: FILES.config, content: JSON.stringify({ server, port: SUPERSERVER_PORT }) },
      { path: 'CSP.conf', content: CSP_CONF },
    ],
    before: {
      script: COMPOSE,
      uploads: [textUpload(COMPOSE, escapeForTerraform(COMPOSE_SCRIPT), '0500'), template, ...password],
    },
    content: {
      compose: COMPOSE_SCRIPT,
      ini: template.content,
      conf: CSP_CONF,
      password: password.map(({ sourceHash }) => sourceHash),
    },
  };
}
