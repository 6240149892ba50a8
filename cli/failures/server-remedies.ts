/** What a server gives as the reason why it is not Normal, and what a person can do about it. The first that matches is taken. */
const REMEDIES: readonly (readonly [RegExp, (cluster: string) => string])[] = [
  [
    /was written by the engine|carries no mark of the engine/,
    dataVolume => `choose another name with ECP_CLUSTER, or move away what the volume ${dataVolume} holds`,
  ],
  [
    /is the disk full|disk of \/durable is full|Not enough space|No space left/i,
    dataVolume => `free space on the disk of the volume ${dataVolume} (docker volume inspect, docker system df)`,
  ],
  [
    /^config\.json/,
    () =>
      'correct the document that ECP_DATA_SERVER_CONFIG_FILE or ECP_APP_SERVER_CONFIG_FILE names; docs/rehearsal.md lists what is taken',
  ],
  [
    /not from the CA|not from the data server's CA|refused this server's certificate/,
    () =>
      'give both servers one authority: the same EcpPki, or both authorities in the bundle of each (docs/rotation.md)',
  ],
  [/is not for the name/, () => "let the data server's certificate name its 'host', or connect to a name that it has"],
  [
    /authorized-clients\?/,
    () => "admit its subject: ECP_MAX_APP_SERVERS or ECP_ADDITIONAL_CLIENTS, in your own stack 'allowAppServer'",
  ],
  [/licen[cs]e/i, () => 'name a licence key that includes ECP with ECP_IRIS_LICENSE_KEY_FILE (docs/iris.md)'],
  [/is damaged|journal is damaged|is missing and its journal is not/, () => 'restore the volume (docs/reliability.md)'],
  [/the container is paused/, () => 'docker unpause it'],
  [/does not resolve|no connection to|connection refused/, () => 'check the name and the port of the data server'],
];

/**
 * What to do about a server's reason.
 *
 * @param dataVolume Name of the volume with its data.
 */
export function remedyFor(reason: string, dataVolume: string): string {
  const found = REMEDIES.find(([pattern]) => pattern.test(reason));
  return found ? found[1](dataVolume) : 'fix the problem above';
}
