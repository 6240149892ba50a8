/** What a member of a mirror says of it, and what it says of the other one. */
export interface MirrorStatus {
  /** Name of the mirror. */
  readonly name: string;
  /** `primary`, `backup` or `none`. */
  readonly role: string;
  /** What keeps the member from its role, as a sentence; empty when nothing does. */
  readonly state: string;
  readonly epoch: number;
  /** `with` a backup that confirms each sync, or `alone`. */
  readonly mode: string;
  /** Of the backup: `active`, `catching up` or `away`. */
  readonly backup: string;
  /** `connected`, `away` or `none`. */
  readonly arbiter: string;
  /** `automatic` or `by hand`. */
  readonly failover: string;
  /** Updates that the backup has not got yet; nothing where nobody knows. */
  readonly lag?: number;
}

/** Reads the part of a status that is about a mirror; members that are not what they should be are empty then. */
export function mirrorStatusOf(mirror: Readonly<Record<string, unknown>>): MirrorStatus {
  const text = (name: string): string => (typeof mirror[name] === 'string' ? mirror[name] : '');
  const { epoch, lag } = mirror;
  return {
    name: text('name'),
    role: text('role'),
    state: text('state'),
    epoch: typeof epoch === 'number' ? epoch : 0,
    mode: text('mode'),
    backup: text('backup'),
    arbiter: text('arbiter'),
    failover: text('failover'),
    ...(typeof lag === 'number' ? { lag } : {}),
  };
}
