import { readFileSync, rmSync } from 'node:fs';
import {
  createServer,
  request as startRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const DAEMON = /^unix:\/\/(.+)/.exec(process.env.DOCKER_HOST ?? '')?.[1] ?? '/var/run/docker.sock';

type Json = Record<string, unknown>;

/** Changes a JSON body in place. */
export type Edit = (body: Json) => void;

/** What a proxy does to what passes: by the path of the request, without version and parameters. */
export interface Daemon {
  readonly requests?: Readonly<Record<string, Edit>>;
  readonly answers?: Readonly<Record<string, Edit>>;
}

/** A request that passed: its method, path and user agent. */
export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly agent: string;
}

/** A server before the Docker daemon of this machine that plays a daemon with other settings, and notes what passes. */
export class DockerProxy {
  public readonly passed: Passed[] = [];
  private readonly server: Server;

  /** @param tlsFolder Folder with `ca.pem`, `server-cert.pem` and `server-key.pem`; clients must then have a certificate. */
  public constructor(
    private readonly daemon: Daemon = {},
    tlsFolder?: string,
  ) {
    const handler: RequestListener = (request, response) => void this.pass(request, response);
    const pem = (name: string): Buffer => readFileSync(`${tlsFolder}/${name}.pem`);
    this.server =
      tlsFolder === undefined
        ? createServer(handler)
        : createTlsServer(
            { key: pem('server-key'), cert: pem('server-cert'), ca: pem('ca'), requestCert: true },
            handler,
          );
    // Neither may a client's connection end in that moment, nor a long request.
    this.server.keepAliveTimeout = 0;
    this.server.requestTimeout = 0;
    this.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.note(request);
      passUpgrade(request, socket, head);
    });
  }

  /** Listens on a socket, or on a free port of 127.0.0.1. @returns the port */
  public async listen(socketPath?: string): Promise<number> {
    if (socketPath !== undefined) rmSync(socketPath, { force: true });
    await new Promise<void>(resolve =>
      socketPath === undefined
        ? this.server.listen(0, '127.0.0.1', () => resolve())
        : this.server.listen(socketPath, () => resolve()),
    );
    return socketPath === undefined ? (this.server.address() as AddressInfo).port : 0;
  }

  public close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private note({ method = '', url = '', headers }: IncomingMessage): void {
    this.passed.push({ method, path: pathOf(url), agent: headers['user-agent'] ?? '' });
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.note(request);
    const path = pathOf(request.url ?? '');
    const editRequest = editFor(this.daemon.requests, path);
    const editAnswer = editFor(this.daemon.answers, path);
    const headers = { ...request.headers };
    let body: Buffer | undefined;
    if (editRequest) {
      body = edited(await contentOf(request), editRequest);
      delete headers['transfer-encoding'];
      headers['content-length'] = String(body.length);
    }
    // A short body is kept, so that the request can be made a second time.
    else if (Number(headers['content-length'] ?? 0) < 1_000_000 && headers['transfer-encoding'] === undefined)
      body = await contentOf(request);
    this.send(request, response, { headers, body, editAnswer });
  }

  private send(
    request: IncomingMessage,
    response: ServerResponse,
    passing: { readonly headers: OutgoingHttpHeaders; readonly body?: Buffer; readonly editAnswer?: Edit },
    isSecond = false,
  ): void {
    const { method, url } = request;
    const { headers, body, editAnswer } = passing;
    // A connection of its own: one that is kept may be closed by the daemon in the moment in which it is used again.
    const onward = startRequest({ socketPath: DAEMON, path: url, method, headers, agent: false }, answer => {
      if (!editAnswer || answer.statusCode !== 200) {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        return;
      }
      void contentOf(answer).then(content => {
        const changed = edited(content, editAnswer);
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': changed.length });
        response.end(changed);
      });
    });
    onward.on('upgrade', (answer, upstream, head) => joinStreams(answer, response.socket!, upstream, head));
    onward.on('error', error => {
      if (response.headersSent || response.destroyed) response.destroy();
      // A busy daemon closes a connection that it has just taken (seen: write EPIPE).
      else if (body && !isSecond) this.send(request, response, passing, true);
      else response.writeHead(502).end(error.message);
    });
    response.on('close', () => onward.destroy());
    if (body) onward.end(body);
    else request.pipe(onward);
  }
}

function pathOf(url: string): string {
  return url.replace(/^\/v[\d.]+(?=\/)/, '').split('?')[0]!;
}

/** `*` in the path of an edit stands for one name. */
function editFor(edits: Readonly<Record<string, Edit>> = {}, path: string): Edit | undefined {
  const matches = (pattern: string): boolean => new RegExp(`^${pattern.replaceAll('*', '[^/]+')}$`).test(path);
  return Object.entries(edits).find(([pattern]) => matches(pattern))?.[1];
}

function edited(content: Buffer, edit: Edit): Buffer {
  if (content.length === 0) return content;
  const body = JSON.parse(content.toString()) as Json;
  edit(body);
  return Buffer.from(JSON.stringify(body));
}

async function contentOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Attached containers, `docker exec` and BuildKit talk over the bare connection. */
function passUpgrade(request: IncomingMessage, client: Duplex, head: Buffer): void {
  const upstream = connect(DAEMON, () => {
    const headers = request.rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
    upstream.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers}\r\n`);
    upstream.write(head);
    join(client, upstream);
  });
  upstream.on('error', () => client.destroy());
}

function joinStreams(answer: IncomingMessage, client: Socket, upstream: Duplex, head: Buffer): void {
  const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  client.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${headers.join('')}\r\n`);
  client.write(head);
  join(client, upstream);
}

function join(one: Duplex, other: Duplex): void {
  one.pipe(other).pipe(one);
  one.on('error', () => other.destroy());
  other.on('error', () => one.destroy());
}
