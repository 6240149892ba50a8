/**
 * A duration in the notation that docker provider 4.6 reads back for a service: `1m`, where a container has `1m0s` (its `shortDur`; each
 * plan would change another one).
 */
export function serviceDuration(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)}ms`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const parts = [hours > 0 ? `${hours}h` : '', minutes > 0 ? `${minutes}m` : '', rest > 0 ? `${rest}s` : ''].join('');
  return parts === '' ? '0s' : parts;
}
