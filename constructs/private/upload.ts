import type { ContainerUpload } from '@cdktf/provider-docker/lib/container';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A text as an upload. It is in the state, as all content is; escape what may hold `${` first. */
export function textUpload(file: string, content: string, permissions = '0400'): ContainerUpload {
  return { file, content, permissions };
}

/** A file of this machine as an upload. It goes by path and hash, so that its content stays out of the state. */
export function hostFileUpload(file: string, source: string): ContainerUpload {
  const sourceHash = createHash('sha256').update(readFileSync(source)).digest('hex');
  return { file, source: escapeForTerraform(source), sourceHash, permissions: '0400' };
}

/** Terraform reads `${` and `%{` in any string as a template. */
export function escapeForTerraform(text: string): string {
  return text.replace(/[$%](?=\{)/g, '$&$&');
}
