import { tryDocker } from '../support/faults';
import { RecoveryBed } from '../support/recovery-bed';
import { SecondDaemon, imagesInState } from '../support/second-daemon';
import { DATA_SEC, cluster, daemonCluster, fault, figures } from './context';

/** The Docker daemon stopped or killed, and started again. */
export const daemonRestart = (): void =>
  describe('daemon', () => {
    fault('a restart of the Docker daemon', async () => {
      const reason = await SecondDaemon.reasonAgainst();
      if (reason) return figures.leaveOut('Docker daemon restarted', reason);
      const daemon = new SecondDaemon(`${cluster.name}-daemon`, `ecp.cluster=${cluster.name}`);
      try {
        await daemon.create(imagesInState(daemonCluster.stateFile));
        const there = new RecoveryBed(
          {
            ...daemonCluster,
            environment: { ...daemonCluster.environment, ...daemon.environment } as Record<string, string>,
          },
          daemon.environment,
        );
        await there.up();
        let stopped = 0;
        let killed = 0;
        const oracle = await there.underLoad('daemon', async oracle => {
          stopped = await restart(daemon, 'SIGTERM', () => there.recovered(oracle, Date.now(), DATA_SEC));
          // Docker 20.10 stops the containers that it finds running after its own crash, takes that for a wish, and leaves them.
          killed = await restart(daemon, 'SIGKILL', async () => {
            await there.up();
            return there.recovered(oracle, Date.now(), DATA_SEC);
          });
        });
        const kept = `0 lost of ${await there.intact(oracle)} in both`;
        const promise = `back within ${DATA_SEC} s of its start`;
        figures.add('Docker daemon stopped and started', promise, `${kept}; ${stopped.toFixed(1)} s`);
        figures.add('Docker daemon killed and started, then `./ecp up`', promise, `${kept}; ${killed.toFixed(1)} s`);
      } catch (error) {
        const { stdout } = await tryDocker(['ps', '--all', '--no-trunc'], daemon.environment);
        throw new Error(`${(error as Error).message}\n${stdout}\n${daemon.log()}`);
      } finally {
        await daemon.remove();
      }
    });
  });

/** Ends the daemon, starts it again, and returns the seconds from there until `recovered` is done. */
async function restart(daemon: SecondDaemon, signal: 'SIGTERM' | 'SIGKILL', recovered: () => Promise<number>) {
  await daemon.stop(signal);
  const start = Date.now();
  await daemon.start();
  await recovered();
  return (Date.now() - start) / 1000;
}
