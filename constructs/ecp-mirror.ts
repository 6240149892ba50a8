/** Two data servers, each with data of its own: one is the primary, and the other one, its backup, takes over when it fails. */
export interface EcpMirrorOptions {
  /** Name of the mirror: 1 to 15 letters and digits, the first a letter. A change replaces all servers. */
  readonly name: string;
  /**
   * Names of the two data servers: host names, certificate subjects and last parts of the containers' names. The first one begins as the
   * primary and has the data volume of a cluster without a mirror. A change replaces all servers.
   */
  readonly members: readonly [string, string];
  /**
   * Adds a container that decides with the members whether the backup may take over. Without it a person decides.
   *
   * @default false
   */
  readonly arbiter?: boolean;
}
