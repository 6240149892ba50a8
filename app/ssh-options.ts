import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const WITHOUT_QUESTIONS = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10'];

const ONE_CONNECTION = ['-o', 'ControlMaster=auto', '-o', 'ControlPersist=60', '-o', 'ControlPath=~/.ssh/ecp-%C'];

/**
 * Options of the provider's ssh: no question, which nobody would see, and one connection for all that a plan asks. ssh ends at once when the
 * folder of the connection's socket is not there, as on a machine whose keys are an agent's.
 */
export function sshOptions(home = userInfo().homedir): string[] {
  try {
    mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  } catch {
    return WITHOUT_QUESTIONS;
  }
  return [...WITHOUT_QUESTIONS, ...ONE_CONNECTION];
}
