import { Token } from 'cdktf';
import { LABEL_PREFIX } from '../../contract/contract';
import { Refusal } from '../../contract/refusal';
import { LOGGING } from './daemon-own';
import { requireKnown } from './validate';

/** When Docker starts a container again that has ended, in the words of `docker run --restart`. */
export type EcpRestart = 'unless-stopped' | 'always' | 'no' | `on-failure:${number}`;

/** What a user may set for any container that runs on: of one server or web gateway, or of all of a cluster. */
export interface EcpContainerOptions {
  /**
   * When Docker starts the container again after it has ended. `on-failure:N` stops after N failures, and the CIS Docker Benchmark
   * (5.15) allows no N above 5. Changed in place.
   *
   * @default "unless-stopped"
   * @see https://docs.docker.com/engine/containers/start-containers-automatically/
   */
  readonly restart?: EcpRestart;
  /**
   * Labels beside those of this package, which begin with `ecp.`, on the container and on the one that delivers its files. A cluster's and
   * a server's are put together, and the server's win. A change replaces the container.
   *
   * @default - none
   * @see https://docs.docker.com/engine/manage-resources/labels/
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Docker's logging driver. `docker logs` shows what the driver leaves to Docker. A change replaces the container.
   *
   * @default "json-file"
   * @see https://docs.docker.com/engine/logging/configure/
   */
  readonly logDriver?: string;
  /**
   * Options of the logging driver. With `json-file` they come beside its defaults here, since Docker itself would let a log grow without
   * end. A change replaces the container.
   *
   * @default - `{ "max-size": "10m", "max-file": "3" }` with `json-file`, none with another driver
   * @see https://docs.docker.com/engine/logging/drivers/json-file/
   */
  readonly logOptions?: Readonly<Record<string, string>>;
}

/** Options of one container, where some hold for all. Options of a log belong to the driver that they are set beside. */
export function withShared(own: EcpContainerOptions, shared: EcpContainerOptions): EcpContainerOptions {
  return {
    restart: own.restart ?? shared.restart,
    labels: merged(shared.labels, own.labels),
    logDriver: own.logDriver ?? shared.logDriver,
    logOptions: own.logDriver === undefined ? merged(shared.logOptions, own.logOptions) : own.logOptions,
  };
}

/**
 * The options with their defaults.
 *
 * @throws Error when one of them is none that Docker takes, or must be known at synth and is not.
 */
export function containerOptions(options: EcpContainerOptions): Required<EcpContainerOptions> {
  const { restart = 'unless-stopped', labels = {}, logDriver = LOGGING.logDriver, logOptions = {} } = options;
  requireRestart(restart);
  requireLabels(labels);
  requireLogging(logDriver, logOptions);
  const defaults = logDriver === LOGGING.logDriver ? LOGGING.logOpts : {};
  return { restart, labels, logDriver, logOptions: { ...defaults, ...logOptions } };
}

function requireRestart(restart: string): void {
  requireKnown('restart', restart);
  const [, times = '1'] = /^(?:unless-stopped|always|no|on-failure:(\d{1,9}))$/.exec(restart) ?? [undefined, '0'];
  if (Number(times) > 0) return;
  throw new Refusal(
    `'restart' must be 'unless-stopped', 'always', 'no' or 'on-failure:' and a number from 1, such as 'on-failure:5', got '${restart}'; correct it`,
  );
}

/** @throws Error when a label is none that Docker takes, or begins with this package's prefix. */
export function requireLabels(labels: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(labels)) {
    requireKnown('labels', key);
    if (key.startsWith(LABEL_PREFIX))
      throw new Refusal(
        `'labels' must leave keys that begin with '${LABEL_PREFIX}' to this package, got '${key}'; choose another`,
      );
    if (!/^[A-Za-z0-9][\w./-]*$/.test(key))
      throw new Refusal(
        `'labels' must have keys of letters, digits, '.', '_', '/' and '-', such as 'org.example.team', got '${key}'; correct it`,
      );
    requireText('labels', key, value);
  }
}

function requireLogging(logDriver: string, logOptions: Readonly<Record<string, string>>): void {
  requireKnown('logDriver', logDriver);
  if (!/^[A-Za-z0-9][\w./:-]*$/.test(logDriver))
    throw new Refusal(
      `'logDriver' must name a logging driver of Docker, such as 'local' or 'journald', got '${logDriver}'; correct it or leave it out`,
    );
  for (const [key, value] of Object.entries(logOptions)) {
    // A label with a hash of them replaces the container, since plans do not look at them any more.
    requireKnown('logOptions', key);
    requireText('logOptions', key, value);
    requireKnown('logOptions', value);
    if (key.trim() === '') throw new Refusal(`'logOptions' must have names, got '' for '${value}'; correct it`);
  }
}

function requireText(prop: string, key: string, value: unknown): void {
  if (typeof value === 'string' || Token.isUnresolved(value)) return;
  throw new Refusal(`'${prop}' must have texts as values, got ${JSON.stringify(value)} for '${key}'; put it in quotes`);
}

function merged<T>(
  first: Readonly<Record<string, T>> | undefined,
  second: Readonly<Record<string, T>> | undefined,
): Readonly<Record<string, T>> | undefined {
  return first || second ? { ...first, ...second } : undefined;
}
