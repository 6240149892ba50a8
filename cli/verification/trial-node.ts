import type { Server } from '../cluster';
import { NotRun } from './check';
import { mappedGlobals } from './mapped-globals';
import { documentOf } from './mapping-trials';

/** A node on the data server that no application has, as an application server reaches it. */
export interface TrialNode {
  readonly namespace: string;
  readonly reference: string;
}

/** A node below the first mapping to the data server. @throws NotRun when there is none. */
export async function trialNode(appServer: Server, dataServer: Server, key: string): Promise<TrialNode> {
  const mappings = mappedGlobals(await documentOf(appServer), key);
  const found = mappings.find(mapping => mapping.dataServer === dataServer.name) ?? mappings[0];
  if (!found) throw new NotRun(`${appServer.name} maps no global to a data server`);
  return found;
}
