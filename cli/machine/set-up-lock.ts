import { createHash } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { PROJECT } from '../../app/folders';

/**
 * Runs `work` while no other ecp of this repository does.
 *
 * The lock is a socket in Linux's abstract namespace: it has no file, so nothing is left behind when its holder is killed.
 * Elsewhere nothing is installed, and all files are put in place by renames, so that no lock is needed.
 */
export async function withSetUpLock<T>(work: () => Promise<T>, folder = PROJECT): Promise<T> {
  if (process.platform !== 'linux') return work();
  const name = `\0ecp-set-up-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  const server = await take(name);
  try {
    return await work();
  } finally {
    server.close();
    for (const waiter of waiters.get(server) ?? []) waiter.destroy();
  }
}

const waiters = new WeakMap<Server, Set<Socket>>();

async function take(name: string): Promise<Server> {
  let told = false;
  for (;;) {
    const server = await listen(name);
    if (server) return server;
    await holderEnds(name, holder => {
      if (!told) console.log(`Waiting for another ecp (process ${holder}) that sets up this machine`);
      told = true;
    });
  }
}

/** Resolves to undefined when somebody else has the name. */
function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const sockets = new Set<Socket>();
    const server = createServer(socket => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      socket.write(`${process.pid}\n`);
    });
    waiters.set(server, sockets);
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => resolve(server));
  });
}

/** The holder closes the connection when it is done; the kernel does when it dies. */
function holderEnds(name: string, onHolder: (pid: string) => void): Promise<void> {
  return new Promise(resolve => {
    const socket = connect(name);
    socket.setEncoding('utf8').on('data', (text: string) => onHolder(text.trim()));
    socket.on('error', () => undefined);
    socket.on('close', () => setTimeout(resolve, 50));
  });
}
