import type { ServerReport } from './access/server-report';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Certificates of 90 days are renewed by a plan in their last 30; who sees the warning has had no plan for two weeks. */
export const WARNING_DAYS = 14;

/** What of a cluster's certificates ends soon, or has ended. */
export interface Expiry {
  /** Sentences that name server or authority, the time left and the remedy. */
  readonly warnings: readonly string[];
  /** True when a certificate in use, or the authority that it is from, is no longer valid. */
  readonly expired: boolean;
}

/**
 * Looks at the certificates that the servers have in use.
 *
 * @param deployedHere false for a cluster of another stack, which `./ecp up` must not be advised for
 */
export function expiryOf(servers: readonly ServerReport[], at: Date, deployedHere: boolean): Expiry {
  const renewer = deployedHere ? './ecp up' : 'a deploy of its own stack';
  const found = servers.flatMap(({ server, status, certificate = status?.certificate }) => {
    if (!certificate) return [];
    const { issuer, notBefore = '', notAfter, authorities = [] } = certificate;
    const life = Date.parse(notAfter) - Date.parse(notBefore);
    // Short-lived certificates would be in their last two weeks from the start.
    const leaf = left(notAfter, at, Math.min(WARNING_DAYS * DAY, life / 4 || Infinity));
    const authority = authorities.find(({ subject }) => subject === issuer);
    // The next certificate would outlive it. Its own renewal is due a good deal earlier.
    const root = authority && left(authority.notAfter, at, life || 0);
    const rotates = deployedHere
      ? [`, ./ecp rotate ${server.name} at once`, ', ./ecp rotate --ca makes a new one']
      : ['', ''];
    return [
      leaf && {
        ...leaf,
        words: `${server.name}: its certificate ${leaf.words}; ${renewer} renews it in the last third of its life${rotates[0]}`,
      },
      root && {
        ...root,
        words: `the authority ${issuer} ${root.words}; ${renewer} renews it with the same key${rotates[1]}`,
      },
    ].filter(each => each !== undefined);
  });
  return {
    // All servers have the same authority.
    warnings: [...new Set(found.map(({ words }) => words))],
    expired: found.some(({ expired }) => expired),
  };
}

function left(notAfter: string, at: Date, threshold: number): { words: string; expired: boolean } | undefined {
  const ms = Date.parse(notAfter) - at.getTime();
  if (Number.isNaN(ms) || ms >= threshold) return undefined;
  if (ms <= 0) return { words: `has expired at ${notAfter}`, expired: true };
  const hours = Math.floor(ms / HOUR);
  // No finer: a view of changes would report each minute.
  const time = hours < 2 ? 'less than 2 hours' : hours < 48 ? `${hours} hours` : `${Math.floor(ms / DAY)} days`;
  return { words: `ends in ${time}`, expired: false };
}
