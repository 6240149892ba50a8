import type { ITerraformDependable, TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import type { EcpServerSpec } from './server-spec';

/** Where servers run. */
export interface IEcpPlatform {
  /** Defines what one server is made of, in the server's own scope. */
  runServer(scope: Construct, spec: EcpServerSpec): EcpServerHandle;
}

/** A server that a platform runs. */
export interface EcpServerHandle {
  /** The resource that is the server, for what the properties do not cover. */
  readonly resource: TerraformResource;
  /** What another resource must depend on to come after a healthy server. */
  readonly dependables: readonly ITerraformDependable[];
}
