/** What an entry point and the command agree on. What it does: docs/entry-point.md. */

/** Host name of the container before the application servers, its part of the names in Docker, its role and its server by its labels. */
export const ENTRY_POINT_NAME = 'entry-point';

/** Port in that container for web pages. For clients of the superserver it is the superserver's own. */
export const ENTRY_POINT_WEB_PORT = 8080;

/** HAProxy's configuration, below `/ecp/files` of that container. */
export const HAPROXY_FILE = 'haproxy.cfg';

/** Program that checks HAProxy's configuration before it is delivered. */
export const CHECK_AND_DELIVER = '/usr/local/bin/check-and-deliver';

/** Program that is asked in that container. */
export const ENTRY_COMMAND = 'ecp-entry';
