import { tryDocker } from '../support/faults';
import { RecoveryBed } from '../support/recovery-bed';
import { SecondDaemon, imagesInState } from '../support/second-daemon';
import { DATA_SEC, NO_LOSS, cluster, daemonCluster, fault, figures } from './context';

/** The Docker daemon stopped or killed, and started again. */
export const daemonRestart = (): void =>
  describe('daemon', () => {
    fault('a restart of the Docker daemon', async () => {
      const reason = await SecondDaemon.reasonAgainst();
      if (reason) return figures.add('Docker daemon restarted', NO_LOSS, `left out: ${reason}`);
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
        const times: number[] = [];
        const oracle = await there.underLoad('daemon', async oracle => {
          for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
            await daemon.stop(signal);
            const stopped = Date.now();
            await daemon.start();
            times.push(await there.recovered(oracle, stopped, DATA_SEC));
          }
        });
        figures.add(
          'Docker daemon stopped and started, then killed and started',
          `${NO_LOSS}; all Normal and writing within ${DATA_SEC} s of its start`,
          `0 lost of ${await there.intact(oracle)}; ${times.map(time => `${time.toFixed(1)} s`).join(', ')}`,
        );
      } catch (error) {
        const { stdout } = await tryDocker(['ps', '--all', '--no-trunc'], daemon.environment);
        throw new Error(`${(error as Error).message}\n${stdout}\n${daemon.log()}`);
      } finally {
        await daemon.remove();
      }
    });
  });
