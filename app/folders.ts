import path from 'node:path';

/** The repository's folder. */
export const PROJECT = path.resolve(__dirname, '..');

/** What this machine needs and git does not: remembered facts, logs, scratch folders. */
export const SCRATCH = path.join(PROJECT, '.ecp');

/** The Terraform providers that were built here, in the layout of a filesystem mirror. */
export const PROVIDERS = path.join(PROJECT, '.providers');
