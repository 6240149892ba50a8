import { Agent, get } from 'node:http';

/** What became of the requests of a client. */
export interface WebAnswers {
  /** Answers by the name of the server that gave them. */
  readonly byServer: Readonly<Record<string, number>>;
  /** When each other request began, and what became of it. */
  readonly failures: readonly string[];
}

const EVERY_MS = 20;
const PATIENCE_MS = 10_000;

/**
 * A client that asks 50 times a second, over connections that it keeps, for the state of whichever server answers. Only one that is Normal
 * counts as an answer.
 */
export class WebClient {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly timer: NodeJS.Timeout;
  private readonly open = new Set<Promise<void>>();
  private byServer: Record<string, number> = {};
  private failures: string[] = [];

  public constructor(private readonly port: number) {
    this.timer = setInterval(() => {
      const request = this.ask();
      this.open.add(request);
      void request.finally(() => this.open.delete(request));
    }, EVERY_MS);
  }

  /** What became of all requests that began since the last call. */
  public async taken(): Promise<WebAnswers> {
    await Promise.all(this.open);
    const { byServer, failures } = this;
    [this.byServer, this.failures] = [{}, []];
    return { byServer, failures };
  }

  public async end(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.open);
    this.agent.destroy();
  }

  private ask(): Promise<void> {
    const began = new Date().toISOString();
    return new Promise(resolve => {
      const fail = (why: string): void => {
        this.failures.push(`${began}: ${why}`);
        resolve();
      };
      const request = get(
        { host: '127.0.0.1', port: this.port, path: '/metrics/ecp', agent: this.agent, timeout: PATIENCE_MS },
        response => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.on('error', ({ message }) => fail(message));
          response.on('end', () => {
            const [, server, state] = /server="([^"]+)",role="[^"]*",state="([^"]+)"/.exec(text) ?? [];
            if (response.statusCode !== 200 || server === undefined || state !== 'Normal')
              return fail(`${response.statusCode} ${server} ${state}`);
            this.byServer[server] = (this.byServer[server] ?? 0) + 1;
            resolve();
          });
        },
      );
      request.on('timeout', () => request.destroy(new Error('no answer')));
      request.on('error', ({ message }) => fail(message));
    });
  }
}
