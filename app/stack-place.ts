import { realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { cutWords } from '../contract/messages';
import { Refusal } from '../contract/refusal';
import { nameFault } from '../contract/names';
import { caNumbersIn, readCaNumbers, type KeptCaNumbers } from './authority-numbers';
import { PROJECT } from './folders';
import { requireNoOtherState } from './own-state';
import { privateDirectory } from './private-directory';
import { loadSettings, nameSettings, SettingsError, type Settings } from './settings';
import { stateDirectoryOf, stateFileOf } from './state-file';
import { requireDefaultWorkspace } from './workspace';

/** Which stack the settings describe, and where it and its state belong. */
export interface StackPlace {
  readonly settings: Settings;
  readonly stackName: string;
  /** Folder of all stacks. */
  readonly outputDirectory: string;
  /** Folder with `cdk.tf.json`, where Terraform runs. */
  readonly stackDirectory: string;
  readonly stateFile: string;
  /** Numbers of the certificate authorities: of the settings, or as they were left. */
  readonly caNumbers: KeptCaNumbers;
}

/**
 * Reads the settings and makes the folders; the stack is `<cluster>-<engine>`.
 *
 * @throws SettingsError with one sentence when a setting breaks a rule or a folder cannot be written.
 */
export function placeStack(environment: NodeJS.ProcessEnv): StackPlace {
  const settings = loadSettings(environment);
  // State and plans hold private keys, and Terraform writes them readable for all.
  const asked = privateDirectory('CDKTF_OUTDIR', resolve(PROJECT, environment.CDKTF_OUTDIR ?? 'cdktf.out'));
  // Relative paths start there, and go up from where it really is: with a link in its path the state would lie elsewhere.
  const outputDirectory = realpathSync(asked);
  const stateDirectory = privateDirectory('ECP_STATE_DIR', stateDirectoryOf(environment));
  if (!relative(outputDirectory, realpathSync(stateDirectory)).startsWith('..'))
    throw new SettingsError(
      `'ECP_STATE_DIR' must be outside of the output folder, where a synth deletes what is no stack's, got '${stateDirectory}'; choose another`,
    );
  return inOneSentence(outputDirectory, environment, () => {
    // The stack is named after it, and cdktf has rules of its own.
    const fault = nameFault('cluster', settings.cluster);
    if (fault !== undefined) throw new Error(fault);
    const stackName = `${settings.cluster}-${settings.engine}`;
    const stateFile = stateFileOf(environment, settings.cluster, settings.engine);
    const stackDirectory = join(outputDirectory, 'stacks', stackName);
    requireDefaultWorkspace(environment, stackDirectory);
    requireNoOtherState(stateFile, settings.cluster, settings.engine);
    const caNumbers = caNumbersOf(settings, stateFile);
    return { settings, stackName, outputDirectory, stackDirectory, stateFile, caNumbers };
  });
}

/** What constructs refuse is a mistake of the user. Errors of other classes are defects and keep their stack trace. */
export function inOneSentence<T>(outputDirectory: string, environment: NodeJS.ProcessEnv, work: () => T): T {
  try {
    return work();
  } catch (caught) {
    const error = caught as NodeJS.ErrnoException;
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
      throw new SettingsError(
        `'CDKTF_OUTDIR' must be a folder with room, got '${outputDirectory}' (${error.message}); make room`,
      );
    throw (error instanceof Refusal || error.constructor === Error) && error.code === undefined
      ? new SettingsError(cutWords(nameSettings(error.message, environment)))
      : error;
  }
}

/** Settings win as a pair: one of them together with what was left of the other would be neither. */
function caNumbersOf(settings: Settings, stateFile: string): KeptCaNumbers {
  return caNumbersIn(settings) ?? readCaNumbers(stateFile);
}
