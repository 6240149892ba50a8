import { runCommandLine } from '../cli/command-line';
import { COMMANDS } from './commands';

runCommandLine(COMMANDS, {}, process.argv.slice(2));
