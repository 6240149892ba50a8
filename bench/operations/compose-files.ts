import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES } from '../../contract/contract';
import { FILES_SUFFIX } from '../../contract/names';
import { composeFile, containersOf, type ComposedStack } from './compose-file';

/** The subject of the one certificate that all application servers share, as in the article. */
const SHARED_SUBJECT = 'app-server';

/**
 * Writes what a compose user has in the project's folder, as the synthesized stack has it: the compose file and, in a folder for each role,
 * `source` with its configuration. bench/compose/certificates.sh does the rest.
 *
 * @returns the compose file
 */
export function writeComposeFiles(stackDirectory: string, folder: string): string {
  const stack = JSON.parse(readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8')) as ComposedStack;
  const write = (role: string, file: string, text: string): void => {
    const source = join(folder, role, 'source');
    mkdirSync(source, { recursive: true });
    writeFileSync(join(source, file), text);
  };
  for (const role of ['data-server', 'app-server']) write(role, FILES.config, configOf(stack, role));
  write('data-server', FILES.authorizedClients, `CN=${SHARED_SUBJECT}\n`);
  const filesOf = (role: string): string => join(folder, role, 'files');
  const services = composeFile(stack, { 'data-server': filesOf('data-server'), 'app-server': filesOf('app-server') });
  const file = composeFileIn(folder);
  writeFileSync(file, JSON.stringify(services, null, 2));
  return file;
}

/** JSON is YAML. */
export function composeFileIn(folder: string): string {
  return join(folder, 'compose.json');
}

/**
 * The configuration as a delivery brings it: base64 in the line `#file config.json` of its one upload (constructs/private/delivered-files.ts).
 *
 * @throws Error when there is none.
 */
function configOf(stack: ComposedStack, role: string): string {
  const { name } = containersOf(stack, role)[0]!;
  const delivery = containersOf(stack, 'delivery').find(each => each.name === `${name}${FILES_SUFFIX}`);
  const texts = delivery?.upload?.map(({ content = '' }) => content).join('\n') ?? '';
  const [, config] = new RegExp(`^#file ${FILES.config} (\\S+)$`, 'm').exec(texts) ?? [];
  if (config === undefined) throw new Error(`the delivery of ${name} brings no ${FILES.config}`);
  return Buffer.from(config, 'base64').toString();
}
