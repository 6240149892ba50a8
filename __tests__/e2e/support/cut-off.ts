import { docker, inNetworkOf } from './faults';
import { must } from './test-cluster';

/** Cuts a container off from some others of its network for a while, in both directions, by iptables in its network namespace. */
export async function cutOff(
  network: string,
  container: string,
  others: readonly string[],
  during: () => Promise<void>,
): Promise<void> {
  const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
  const addresses = await Promise.all(others.map(other => docker(['inspect', '--format', format, other])));
  const rules = addresses.flatMap(address => [
    ['INPUT', '-s', address, '-j', 'DROP'],
    ['OUTPUT', '-d', address, '-j', 'DROP'],
  ]);
  const change = async (action: '-A' | '-D'): Promise<void> => {
    for (const rule of rules) {
      const command = ['iptables', action, ...rule];
      must(await inNetworkOf(container, command), command.join(' '));
    }
  };
  await change('-A');
  try {
    await during();
  } finally {
    await change('-D');
  }
}
