import { Testing, type TerraformStack } from 'cdktf';
import { basename, isAbsolute } from 'node:path';

/**
 * A synthesized stack for a snapshot: the same on every machine, and without what changes with the version of the package alone.
 *
 * @example
 * expect(stableStack(new PlatformStack(Testing.app(), 'platform'))).toMatchSnapshot();
 */
export function stableStack(stack: TerraformStack): unknown {
  // Providers' and cdktf's remarks, backend and absolute output paths are not in what `Testing.synth` returns.
  return JSON.parse(Testing.synth(stack), (key, value: unknown) => {
    if (typeof value !== 'string') return value;
    // A licence, a password or a key that stays out of the state is named by its path on this machine and a hash.
    if (key === 'source' && isAbsolute(value)) return `<folder>/${basename(value)}`;
    if (key === 'source_hash') return '<hash>';
    // A delivery's script, with a line in base64 for each text that it delivers; hashes of the package's image contexts.
    if (value.startsWith('#!')) {
      return [...value.matchAll(/^#file (\S+) (.*)$/gm)].map(([, path, text]) => {
        return `${path} ${text!.startsWith('${') ? text : Buffer.from(text!, 'base64').toString()}`;
      });
    }
    return value
      .replace(/^(ecp-(?:rehearsal|iris|backup|entry-point)):[0-9a-f]{12}$/, '$1:<hash>')
      .replace(/^(assets\/.*\/)[0-9A-Fa-f]{32,64}\/?$/, '$1<hash>');
  });
}
