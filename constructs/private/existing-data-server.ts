import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { DATA_SERVER_NAME, SUPERSERVER_PORT } from '../../contract/contract';
import { Refusal } from '../../contract/refusal';
import type { EcpDataServerAttributes, IEcpDataServer } from '../ecp-data-server';
import { requireKnown, requirePort } from './validate';

/** A data server that is not ours. What it is called goes into the config files of application servers, whose hash is made at synth. */
export class ExistingDataServer extends Construct implements IEcpDataServer {
  public readonly name: string;
  public readonly host: string;
  public readonly port: number;
  public readonly dependsOn?: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, { name, host, port, dependsOn }: EcpDataServerAttributes) {
    super(scope, id);
    this.name = name ?? DATA_SERVER_NAME;
    this.host = host;
    this.port = port ?? SUPERSERVER_PORT;
    this.dependsOn = dependsOn;
    requireKnown('name', this.name);
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(this.name))
      throw new Refusal(`'name' must be 1 to 64 letters, digits, '-' and '_', got '${this.name}'; correct it`);
    requireKnown('host', this.host);
    if (!/^[A-Za-z0-9:]([A-Za-z0-9_.:-]*[A-Za-z0-9:])?$/.test(this.host))
      throw new Refusal(`'host' must be a host name or an address, without a port, got '${this.host}'; correct it`);
    requireKnown('port', this.port);
    requirePort('port', this.port);
  }
}
