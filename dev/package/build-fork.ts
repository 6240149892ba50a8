import { join } from 'node:path';
import { writeForkTree } from './fork-tree';

// The last step of `npm run build`.
writeForkTree(join(__dirname, '..', '..', 'dist'));
