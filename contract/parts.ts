import { SERVER_ROLES } from './contract';
import { ENTRY_POINT_NAME } from './entry-point';
import { MONITORING_NAME } from './monitoring';

/** Roles, by their label, of the containers of a cluster that run all the time and have files delivered to them. */
export const PART_ROLES: readonly string[] = [...SERVER_ROLES, ENTRY_POINT_NAME, MONITORING_NAME];
