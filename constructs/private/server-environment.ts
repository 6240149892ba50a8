import { Token } from 'cdktf';
import { Refusal } from '../../contract/refusal';
import { requireKnown } from './validate';

/**
 * @param engines Names that the engine gives values to.
 * @throws Error when a variable is none that a container takes, or belongs to the engine or to the container contract.
 */
export function requireEnvironment(environment: Readonly<Record<string, string>>, engines: readonly string[]): void {
  for (const [name, value] of Object.entries(environment)) {
    requireKnown('environment', name);
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new Refusal(
        `'environment' must have names of letters, digits and '_', such as 'TZ', got '${name}'; correct it`,
      );
    if (name.startsWith('ECP_') || engines.includes(name))
      throw new Refusal(
        `'environment' must leave names that begin with 'ECP_', and those that the engine sets, to this package, got '${name}'; take it out`,
      );
    if (typeof value !== 'string' && !Token.isUnresolved(value))
      throw new Refusal(
        `'environment' must have texts as values, got ${JSON.stringify(value)} for '${name}'; put it in quotes`,
      );
  }
}
