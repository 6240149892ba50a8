/** What a PKI calls its authorities and keys, and the command looks for. */

/** Common name of a certificate authority. The number keeps the subjects of two apart, so that a verifier never tries the wrong one. */
export function authorityName(cluster: string, number: number): string {
  return `${cluster} ECP CA ${number}`;
}

/** Number of the authority that a subject such as `CN=ecp ECP CA 2` names; undefined when it is no authority of a cluster. */
export function authorityNumber(subject: string): number | undefined {
  const [, digits] = / ECP CA ([1-9]\d{0,3})$/.exec(subject) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Construct id of an authority within its PKI. */
export function authorityId(number: number): string {
  return `ca-${number}`;
}

/** Whether a construct id is an authority's. */
export function isAuthorityId(id: string): boolean {
  return /^ca-\d+$/.test(id);
}

/** Construct id of a key within its server or authority. */
export const KEY_ID = 'key';

/**
 * The server or authority whose key a construct path such as `stack/pki/app-server-1/key` names.
 *
 * @returns undefined for what is no key of a PKI
 */
export function ownerOfKey(path: string): string | undefined {
  const [owner, id] = path.split('/').slice(-2);
  return id === KEY_ID ? owner : undefined;
}
