/** What `./ecp setup` leaves in the folder of its clone for stacks, those of others included. */

/** The Terraform providers that were built there, in the layout of a filesystem mirror. */
export const PROVIDERS_FOLDER = '.providers';

/** What the set-up found out of its machine. */
export const FACTS_FILE = '.ecp/machine.json';
