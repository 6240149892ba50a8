/** What a person reads instead of Docker's own words for a daemon that cannot be asked; others stand as they are, without their frame. */
const KNOWN: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [
    /permission denied while trying to connect[^]*?(?:unix:\/\/)?(\/[\w/.-]+\.sock)|dial unix (\S+): connect: permission denied/,
    match =>
      `this user may not use the Docker daemon at ${match[1] ?? match[2]}: let an administrator add it to the group 'docker', and log in again`,
  ],
  [
    /error during connect: [^]*\[ssh [^\]]* (\S+) docker system dial-stdio\][^]*stderr=([^\r\n]*)/,
    match =>
      `the Docker daemon on ${match[1]} cannot be reached by ssh (${match[2]}): correct DOCKER_HOST or the context`,
  ],
  [
    /Cannot connect to the Docker daemon at (\S+?)\.? |error during connect: [^]*"([a-z]+:\/\/[^/"]+)/,
    match =>
      `the Docker daemon at ${match[1] ?? match[2]} does not answer: start it, or correct DOCKER_HOST or the context; ./ecp up --check shows what else is missing`,
  ],
  [
    /executable file not found|spawn docker ENOENT|not found$/,
    () => 'the command docker is missing: ./ecp setup installs it',
  ],
];

/** A sentence on why Docker cannot be asked; undefined where that is not what it says. */
export function whyUnreachable(stderr: string): string | undefined {
  for (const [pattern, words] of KNOWN) {
    const match = pattern.exec(stderr);
    if (match) return words(match);
  }
  return undefined;
}
