import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, PgBackend, TerraformStack } from 'cdktf';
import { EcpCluster, RehearsalImage, useSetUp } from 'cdktf-iris-ecp';
import type { Construct } from 'constructs';

export interface TeamStateStackProps {
  /**
   * PostgreSQL database with the state, as a URL without a password: it is written into `cdktf.out`. The password is in PGPASSWORD
   * or ~/.pgpass when Terraform runs.
   */
  readonly stateDatabase: string;
  /** Schema of the state in that database. @default "ecp" */
  readonly schema?: string;
  readonly clusterName?: string;
  readonly appServers?: readonly string[];
  /** Web port of the data server; `app-server-N` has this plus N. @default 8900 */
  readonly webPort?: number;
  /** Debian image for the rehearsal engine. @default "debian:bookworm-slim" */
  readonly baseImage?: string;
}

/** One cluster that several people, or a pipeline and people, deploy from checkouts of their own. */
export class TeamStateStack extends TerraformStack {
  /** @throws Error when the URL is none or holds a password. */
  constructor(scope: Construct, id: string, props: TeamStateStackProps) {
    super(scope, id);
    requireNoPassword(props.stateDatabase);
    new PgBackend(this, { connStr: props.stateDatabase, schemaName: props.schema ?? 'ecp' });
    new DockerProvider(this, 'docker');
    new TlsProvider(this, 'tls');
    useSetUp(this);

    const webPort = props.webPort ?? 8900;
    new EcpCluster(this, 'cluster', {
      clusterName: props.clusterName ?? 'team',
      appServers: props.appServers ?? ['app-server-1'],
      dataServerOptions: { webPort },
      appServerWebPortBase: webPort,
      image: new RehearsalImage(this, 'image', { baseImage: props.baseImage }),
    });
  }
}

function requireNoPassword(stateDatabase: string): void {
  const url = URL.canParse(stateDatabase) ? new URL(stateDatabase) : undefined;
  if (url?.protocol !== 'postgres:' && url?.protocol !== 'postgresql:')
    throw new Error(
      `'stateDatabase' must be a URL such as postgres://ecp@db.example.org/terraform, got '${url ? url.protocol : stateDatabase}'; set TEAM_STATE_DATABASE`,
    );
  if (url.password !== '' || url.searchParams.has('password'))
    throw new Error(
      `'stateDatabase' must hold no password, got one for '${url.host}'; put it into PGPASSWORD or ~/.pgpass`,
    );
}

if (require.main === module) {
  const app = new App();
  new TeamStateStack(app, 'team-state', {
    stateDatabase: process.env.TEAM_STATE_DATABASE ?? '',
    baseImage: process.env.ECP_REHEARSAL_BASE_IMAGE,
  });
  app.synth();
}
