import { request, type ClientRequest } from 'node:http';

const SOCKET = /^unix:\/\/(.+)/.exec(process.env.DOCKER_HOST ?? '')?.[1] ?? '/var/run/docker.sock';

/**
 * Asks Docker's API itself: a `docker` command would cost more than most of what is measured, and would count as the measured tool's.
 *
 * @param body Sent as JSON by POST; without one it is a GET.
 * @throws Error with Docker's answer when that is not a success.
 */
export function askDocker(path: string, body?: unknown): Promise<Buffer> {
  const method = body === undefined ? 'GET' : 'POST';
  const headers = { 'Content-Type': 'application/json' };
  const question = request({ socketPath: SOCKET, path, method, headers });
  return answerTo(question, body === undefined ? undefined : JSON.stringify(body));
}

/**
 * Sends a question to Docker's API, on whatever way.
 *
 * @throws Error with Docker's answer when that is not a success.
 */
export function answerTo(question: ClientRequest, body?: string): Promise<Buffer> {
  const { method, path } = question;
  return new Promise((resolve, reject) => {
    question.on('response', response => {
      const parts: Buffer[] = [];
      response
        .on('data', (part: Buffer) => parts.push(part))
        .on('error', reject)
        .on('end', () => {
          const answer = Buffer.concat(parts);
          if ((response.statusCode ?? 500) < 300) resolve(answer);
          else reject(new Error(`Docker answered ${method} ${path} with ${response.statusCode}: ${answer.toString()}`));
        });
    });
    question.on('error', reject);
    question.end(body);
  });
}
