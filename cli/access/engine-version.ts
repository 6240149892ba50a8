import { IRIS, REHEARSAL } from '../../contract/engines';
import { LABELS } from '../../contract/contract';
import { shellIn } from './container';
import type { Server } from './servers';

/** InterSystems' images carry it, and containers inherit it. */
export const IRIS_VERSION_LABEL = 'com.intersystems.platform-version';

const ASK_SEC = 5;

const ASK_GTM = `printf 'write $zversion,!\\nhalt\\n' | gtm_dist=/opt/gtm gtmroutines=/tmp /opt/gtm/mumps -direct`;

/** Release of the engine that a server runs; undefined where nobody says it. */
export async function engineVersionOf({ facts }: Server): Promise<string | undefined> {
  const labels = facts.Config.Labels;
  if (labels[LABELS.engine] === IRIS) return labels[IRIS_VERSION_LABEL];
  if (labels[LABELS.engine] !== REHEARSAL || !facts.State.Running || facts.State.Paused) return undefined;
  return readGtmVersion((await shellIn(facts, ASK_GTM, ASK_SEC)).stdout);
}

/** Reads what GT.M says of itself among its prompts. */
export function readGtmVersion(text: string): string | undefined {
  return /GT\.M V[\d.]+-\w+/.exec(text)?.[0];
}
