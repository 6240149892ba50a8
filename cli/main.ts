import { runCommandLine } from './command-line';
import { COMMANDS, RAW_COMMANDS } from './commands';

runCommandLine(COMMANDS, RAW_COMMANDS, process.argv.slice(2));
