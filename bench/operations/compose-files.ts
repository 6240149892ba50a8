import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES } from '../../constructs/private/contract';
import { composeFile, containersOf, type ComposedStack, type StackContainer } from './compose-file';

/** The subject of the one certificate that all application servers share, as in the article. */
export const SHARED_SUBJECT = 'app-server';

/** What a compose user has in the project's folder. */
export interface ComposeFiles {
  /** The compose file. */
  readonly file: string;
  /** Folder with one below it for each role, in each of which `source` is filled and bench/compose/certificates.sh does the rest. */
  readonly folder: string;
}

/** Writes the compose file and the servers' configuration as the synthesized stack has them; certificates are not made here. */
export function writeComposeFiles(stackDirectory: string, folder: string): ComposeFiles {
  const stack = JSON.parse(readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8')) as ComposedStack;
  const folders = { 'data-server': join(folder, 'data-server'), 'app-server': join(folder, 'app-server') };
  for (const role of ['data-server', 'app-server'] as const) {
    const source = join(folders[role], 'source');
    mkdirSync(source, { recursive: true });
    writeFileSync(join(source, FILES.config), configOf(stack, role));
  }
  writeFileSync(join(folders['data-server'], 'source', FILES.authorizedClients), `CN=${SHARED_SUBJECT}\n`);
  const file = join(folder, 'compose.json');
  writeFileSync(
    `${file}.new`,
    JSON.stringify(
      composeFile(stack, {
        'data-server': join(folders['data-server'], 'files'),
        'app-server': join(folders['app-server'], 'files'),
      }),
      null,
      2,
    ),
  );
  renameSync(`${file}.new`, file);
  return { file, folder };
}

/** Terraform's own notation escapes what would be an expression. */
function configOf(stack: ComposedStack, role: string): string {
  const { name } = containersOf(stack, role)[0]!;
  const delivery = containersOf(stack, 'delivery').find((each: StackContainer) => each.name === `${name}-files`);
  const upload = delivery?.upload?.find(({ file }) => file.endsWith(`/${FILES.config}`));
  return (upload?.content ?? '').replace(/([$%])\1\{/g, '$1{');
}
