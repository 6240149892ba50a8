import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { shellIn } from '../access/container';
import { requireServers, type Server } from '../access/servers';
import { applyAgain } from './apply-again';
import { NotRun, type Check } from './check';
import { trialNode, type TrialNode } from './mapping-trials';
import { OpenSession } from './open-session';
import { OWN_AUTHORITIES, OWN_CERTIFICATE } from './openssl-options';

/** Renews every leaf by a plan, as time would, while a session through an application server stays open. */
export function certificateChecks(
  cluster: string,
  { dataServer, appServer }: { readonly dataServer: Server; readonly appServer: Server },
  isOurs: boolean,
): Check[] {
  let session: OpenSession | undefined;
  let node: TrialNode | undefined;
  return [
    {
      name: 'certificates are renewed without a restart',
      run: async () => {
        if (!isOurs) throw new NotRun('another stack deployed this cluster; renew its certificates there');
        node = await trialNode(appServer, dataServer, randomUUID());
        session = new OpenSession(appServer, node.namespace);
        await session.ask([`set ${node.reference}=1`, 'sync']);
        return renew(cluster);
      },
    },
    {
      name: 'a session goes on while certificates are renewed',
      run: async () => {
        if (!session || !node) throw new NotRun('no certificate was renewed');
        try {
          await session.ask([`set ${node.reference}=2`, 'sync', `kill ${node.reference}`]);
        } finally {
          session.close();
        }
        return `writes before and after through one connection to ${appServer.name}`;
      },
    },
  ];
}

async function renew(cluster: string): Promise<string> {
  const before = await requireServers(cluster);
  const servedBefore = await servedSerial(before);
  const { replaced: leaves } = await applyAgain(({ tls_locally_signed_cert: addresses = [] }) => addresses);
  const after = await requireServers(cluster);
  const replaced = after.filter(({ facts }) => !before.some(each => each.facts.Id === facts.Id));
  if (replaced.length > 0) throw new Error(`replaced ${replaced.map(({ name }) => name).join(', ')}`);
  if (servedBefore === undefined) return `${leaves.length} renewed; openssl does not see the data server's certificate`;
  for (let attempt = 0; attempt < 60; attempt++) {
    const served = await servedSerial(after);
    if (served !== undefined && served !== servedBefore)
      return `${leaves.length} renewed; the data server shows serial ${served.slice(0, 8)}…`;
    await setTimeout(500);
  }
  throw new Error(`the data server still shows the certificate with serial ${servedBefore}`);
}

/** Serial number of the certificate that the data server shows to an application server; undefined where TLS does not come first. */
async function servedSerial(servers: readonly Server[]): Promise<string | undefined> {
  const client = servers.find(({ role }) => role === 'app-server')!;
  const script = `timeout 5 openssl s_client -connect data-server:1972 ${OWN_CERTIFICATE} \\
    ${OWN_AUTHORITIES} </dev/null 2>/dev/null | openssl x509 -noout -serial`;
  const { stdout } = await shellIn(client.facts, script, 20);
  return /serial=(\w+)/.exec(stdout)?.[1];
}
