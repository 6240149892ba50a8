import { findTerraform } from '../../cli/machine/terraform';
import type { Notebook, Request } from '../measurement';
import type { BenchCluster } from './bench-cluster';
import { cdktfTool } from './cdktf-tool';
import { findCompose } from './compose-program';
import { composeTool } from './compose-tool';
import { ecpTool } from './ecp-tool';
import { terraformTool } from './terraform-tool';
import type { Tool } from './tool';

/** A tool that can be used on this machine. */
export interface Found {
  /** Name of its folder. */
  readonly folder: string;
  readonly toolFor: (bench: BenchCluster) => Tool;
}

/** The tools of this machine, `./ecp` first; what is missing is told in a remark. */
export async function findTools({ quick, signal }: Request, { remark, progress }: Notebook): Promise<Found[]> {
  const { program } = await findTerraform();
  const found: Found[] = [
    { folder: 'ecp', toolFor: ecpTool },
    { folder: 'cdktf', toolFor: cdktfTool },
    { folder: 'terraform', toolFor: bench => terraformTool(bench, program) },
  ];
  try {
    progress('find or build docker compose');
    const compose = await findCompose(!quick, signal);
    found.push({ folder: 'compose', toolFor: bench => composeTool(bench, compose) });
    remark(COMPOSE_LAYOUT);
  } catch (error) {
    signal.throwIfAborted();
    remark(`docker compose is left out: ${(error as Error).message}.`);
  }
  return found;
}

const COMPOSE_LAYOUT =
  'docker compose has the layout of the article: certificates made by openssl in a script and mounted from folders of the host, one certificate for the data server and one that all application servers share; image, configuration, probes and limits are those of the stack. Making the certificates counts as part of its deploy, and is its rotation.';
