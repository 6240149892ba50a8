import { basename, isAbsolute } from 'node:path';
import { Testing, type TerraformStack } from 'cdktf';

/** A synthesized stack for a snapshot: the same on every machine, and without what changes with the version of the package alone. */
export function stableStack(stack: TerraformStack): unknown {
  // Providers' and cdktf's remarks, backend and absolute output paths are not in what `Testing.synth` returns.
  return JSON.parse(Testing.synth(stack), (key, value: unknown) => {
    if (typeof value !== 'string') return value;
    // A licence, a password or a key that stays out of the state is named by its path on this machine and a hash.
    if (key === 'source' && isAbsolute(value)) return `<folder>/${basename(value)}`;
    if (key === 'source_hash') return '<hash>';
    // Scripts that the package delivers, and hashes of its image contexts.
    if (value.startsWith('#!')) return '<script>';
    return value
      .replace(/^(ecp-(?:rehearsal|iris)):[0-9a-f]{12}$/, '$1:<hash>')
      .replace(/^(assets\/.*\/)[0-9A-Fa-f]{32,64}\/?$/, '$1<hash>');
  });
}
