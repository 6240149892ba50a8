import { unlimitedAt } from '../../app/unlimited';
import type { FoundContainers } from '../access/found-containers';
import { settledDaemon } from '../machine/daemon-handover';
import { rememberSeen, unlimitedSentence } from '../machine/unlimited';
import { readStack } from '../terraform/stack-file';

/**
 * Says what the daemon does not limit, and looks for what it has just left out of what was applied.
 *
 * @returns whether the stack must be written again, so that the next plan leaves that alone
 */
export async function noteUnlimited(stackDirectory: string, { containers }: FoundContainers): Promise<boolean> {
  const { host } = settledDaemon();
  const asked = Object.values(readStack(stackDirectory).resource.docker_container ?? {});
  const isNew = await rememberSeen(host, asked, containers);
  const sentence = unlimitedSentence(unlimitedAt(host));
  if (sentence !== undefined) console.log(`note: ${sentence}`);
  return isNew;
}
