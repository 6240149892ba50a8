import type { ContainerUpload } from '@cdktf/provider-docker/lib/container';
import { Fn, Lazy, Token } from 'cdktf';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Refusal } from '../../contract/refusal';
import type { EcpServerFile } from '../ecp-image';
import { escapeForTerraform, hostFileUpload, textUpload } from './upload';

/** Where a delivery's uploads are in its container. */
export const DELIVERY_SOURCE = '/delivery';
export const DELIVERY_SCRIPT_PATH = `${DELIVERY_SOURCE}/deliver-files.sh`;

/** Without its comments, since the state has it once for each server. */
const SCRIPT = readFileSync(join(__dirname, 'deliver-files.sh'), 'utf8').replace(/^ *#(?!!).*\n/gm, '');

/**
 * What deliver-files.sh needs of these files: one upload with the script and all texts, since each upload is a request to Docker of
 * its own, and one upload for each host file.
 *
 * @throws Error when two files have one path, or a path is none that the script delivers.
 */
export function deliveryUploads(files: readonly EcpServerFile[]): ContainerUpload[] {
  requirePaths(files);
  return [
    textUpload(DELIVERY_SCRIPT_PATH, escapeForTerraform(SCRIPT) + linesOf(files).join(''), '0500'),
    ...files.flatMap(file =>
      'source' in file ? [hostFileUpload(`${DELIVERY_SOURCE}/files/${file.path}`, file.source)] : [],
    ),
  ];
}

/**
 * The script with all files in it, those of this machine too, whose content is in the state then.
 *
 * @throws Error as `deliveryUploads`
 */
export function deliveryText(files: readonly EcpServerFile[]): string {
  requirePaths(files);
  const hostFiles = files.flatMap(file =>
    'source' in file ? [`#file ${file.path} ${Fn.filebase64(resolve(file.source))}\n`] : [],
  );
  return escapeForTerraform(SCRIPT) + [...linesOf(files), ...hostFiles].join('');
}

function requirePaths(files: readonly EcpServerFile[]): void {
  const paths = new Set<string>();
  for (const { path } of files) {
    if (!/^(pki\/)?\w[\w.-]*$/.test(path) || path === 'pki') {
      throw new Refusal(
        `'path' of a delivered file must be a file name, or one below 'pki/', of letters, digits, '_', '.' and '-', got '${path}'; rename it`,
      );
    }
    if (paths.has(path)) {
      throw new Refusal(`'path' of a delivered file must be its own, got '${path}' twice; rename one of the two`);
    }
    paths.add(path);
  }
}

/** Texts as the script finds them in itself. */
function linesOf(files: readonly EcpServerFile[]): string[] {
  return files.flatMap(file => ('content' in file ? [`#file ${file.path} ${base64Of(file.content)}\n`] : []));
}

/** By Terraform where only that knows the text, such as a key that it makes. Base64 has nothing that is a template to Terraform. */
function base64Of(content: string | (() => string)): string {
  if (typeof content === 'function') return Lazy.stringValue({ produce: () => base64Of(content()) });
  return Token.isUnresolved(content) ? Fn.base64encode(content) : Buffer.from(content).toString('base64');
}
