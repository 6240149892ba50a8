import type { ContainerFacts } from './docker';
import { type CertificateStatus, readCertificate } from './node-status';

/** What a healthy probe says of its server: docs/container-contract.md, "Probe". */
export interface ProbeOutput {
  readonly state: string;
  readonly since: string;
  readonly reason: string;
  readonly certificate: CertificateStatus;
}

/** A probe waits for a change, at most 110 s; words that are older are of one that Docker did not follow by another. */
const FRESH_MS = 130_000;

/**
 * Reads the last probe's words from what Docker noted, which costs the server nothing.
 *
 * @param delivery The container that last delivered files to the server: earlier words may describe an older certificate.
 * @returns undefined when the server has to be asked: it is not healthy, its probe says nothing, or said it too early.
 */
export function readProbeOutput(
  { State: state }: ContainerFacts,
  delivery: ContainerFacts | undefined,
  now = Date.now(),
): ProbeOutput | undefined {
  const last = state.Health?.Log?.at(-1);
  if (!state.Running || state.Paused || state.Health?.Status !== 'healthy' || last?.ExitCode !== 0) return undefined;
  if (!(now - Date.parse(last.End) < FRESH_MS)) return undefined;
  if (!delivery || !(Date.parse(last.Start) > Date.parse(delivery.State.FinishedAt))) return undefined;
  try {
    const words = JSON.parse(last.Output) as Partial<Record<keyof ProbeOutput, unknown>> | null;
    if (words?.state !== 'Normal' || typeof words.since !== 'string' || typeof words.reason !== 'string')
      return undefined;
    const certificate = readCertificate(words.certificate);
    return certificate.notAfter === ''
      ? undefined
      : { state: words.state, since: words.since, reason: words.reason, certificate };
  } catch {
    return undefined;
  }
}
