import { COMMANDS } from '../cli/commands';
import { COMMANDS as DEV_COMMANDS } from '../dev/commands';

/** Options of each command of ./ecp; `exec` parses for itself. */
export function commandOptions(): Map<string, string[]> {
  const commands = Object.entries({ ...COMMANDS, ...DEV_COMMANDS });
  const options = commands.map(([name, command]): [string, string[]] => [name, [...command.options]]);
  return new Map([['exec', ['cluster']], ...options]);
}
