/** Names that constructs give and the command looks for. */

/**
 * What is wrong with a name that a container, a host and a certificate are to have, as a sentence.
 *
 * @returns undefined for a name that can be had
 */
export function nameFault(option: string, name: string): string | undefined {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return undefined;
  return `'${option}' must be 1 to 63 characters of a-z, 0-9 and '-', with a letter or digit at both ends (it becomes a host name), got '${name}'`;
}

/** Container of a server, or of what belongs to one. */
export function containerName(cluster: string, server: string): string {
  return `${cluster}-${server}`;
}

/** What the names of deliveries and files volumes end with. */
export const FILES_SUFFIX = '-files';

/** What the names of web gateways end with. */
export const WEB_SUFFIX = '-web';

/** Container that delivers a server's files, and the volume that holds them. */
export function deliveryName(cluster: string, server: string): string {
  return `${containerName(cluster, server)}${FILES_SUFFIX}`;
}

/** Volume with the data of a data server. */
export function dataVolumeName(cluster: string): string {
  return `${cluster}-data`;
}

/** Volume of a durable application server or of a mirror's second member. No cluster can have a dot in its name, so it is no cluster's data volume. */
export function serverVolumeName(cluster: string, server: string): string {
  return `${containerName(cluster, server)}.data`;
}

/** Construct id of a delivery, within its server's. */
export const DELIVERY_ID = 'delivery';

/** Whether a Terraform address is a delivery's. */
export function isDeliveryAddress(address: string): boolean {
  return new RegExp(`_${DELIVERY_ID}_[0-9A-F]{8}$`).test(address);
}
