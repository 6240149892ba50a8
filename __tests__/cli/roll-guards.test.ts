/** What has to be so before another image takes over. */
import type { Settings } from '../../app/settings';
import type { ServerReport } from '../../cli/access/server-report';
import type { Server } from '../../cli/access/servers';
import { requireBackup, requireCleanStop, requireOrder } from '../../cli/rolls/guards';
import type { Upgrade } from '../../cli/rolls/upgrade';

const NOW = Date.parse('2026-11-29T12:00:00Z');

function serverOf(name: string, state: Partial<Server['facts']['State']> = {}): Server {
  const role = name === 'data-server' ? 'data-server' : 'app-server';
  const facts = { State: { Status: 'running', Running: true, ExitCode: 0, OOMKilled: false, ...state } };
  return { name, role, container: `ecp-${name}`, facts } as Server;
}

const upgradeOf = (server: Server, more: Partial<Upgrade> = {}): Upgrade => ({
  server,
  from: '2024.1.0.1',
  to: '2025.1.0.9',
  changesIris: true,
  ...more,
});

const said = (work: () => void): string => {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('the order', () => {
  const order = (settings: Partial<Settings>, more: Partial<Upgrade> = {}) =>
    said(() => requireOrder([upgradeOf(serverOf('app-server-1'), more)], settings as Settings));

  test('is asked for when the version of IRIS changes, with what InterSystems says of it', () => {
    const words = order({});
    for (const text of [
      "'upgradeOrder' must be set for a change of the version of InterSystems IRIS (from 2024.1.0.1 to 2025.1.0.9), got none",
      'application servers should be upgraded before the data servers',
      'none of the application servers are of a later version than the data server',
      'backward and forward compatible',
      'ECP_UPGRADE_ORDER=app-servers-first or data-server-first',
    ])
      expect(words).toContain(text);
  });

  test('is not asked for when it is given, or the version stays', () => {
    expect(order({ upgradeOrder: 'data-server-first' })).toBe('');
    expect(order({}, { changesIris: false })).toBe('');
  });
});

describe('a clean stop', () => {
  const clean = (state: string, facts: Partial<Server['facts']['State']>, more: Partial<Upgrade> = {}) => {
    const server = serverOf('data-server', facts);
    return said(() => requireCleanStop([upgradeOf(server, more)], [{ server, state } as ServerReport]));
  };
  const KILLED = { Status: 'exited', Running: false, ExitCode: 137 };

  test('is asked of a data server before a newer version', () => {
    expect(clean('exited', KILLED)).toBe(
      "'data-server' must be Normal, or have ended cleanly, before a newer version of InterSystems IRIS takes over its data, and it ended with code 137: docker start ecp-data-server runs the old one, which repairs them; wait until ./ecp status shows it Normal, and run ./ecp up again; no server was touched",
    );
    expect(clean('Recovery', {})).toContain('and it is Recovery');
    expect(clean('exited', { ...KILLED, ExitCode: 0, OOMKilled: true })).toContain('it ended with code 0');
  });

  test('is there when it is Normal or has ended, and not asked for on the way back or without a newer version', () => {
    expect(clean('Normal', {})).toBe('');
    expect(clean('exited', { ...KILLED, ExitCode: 143 })).toBe('');
    expect(clean('exited', KILLED, { from: '2025.1.0.9', to: '2024.10.0.1' })).toBe('');
    expect(clean('exited', KILLED, { from: '2024.9.0.1', to: '2024.10.0.1' })).not.toBe('');
    expect(clean('exited', KILLED, { changesIris: false })).toBe('');
  });
});

describe('a backup', () => {
  const dataServer = serverOf('data-server');
  const backup = (at: string, hasBackups = true, settings: Partial<Settings> = {}, server = dataServer) =>
    said(() =>
      requireBackup(
        [upgradeOf(server, { changesIris: false })],
        [{ server: dataServer, status: { backup: { id: 'b1', at } } } as unknown as ServerReport],
        hasBackups,
        settings as Settings,
        NOW,
      ),
    );

  test('of the last 24 h is asked for', () => {
    expect(backup('2026-11-28T11:00:00Z')).toBe(
      'a backup of the last 24 h must be there before another image takes over the data, got one of 25 h (b1): ./ecp backup takes one, --no-backup goes without, and ECP_UPGRADE_BACKUP_AGE_HOURS sets the age; no server was touched',
    );
    expect(backup('')).toContain('got none that is known');
    expect(backup('2026-11-28T13:00:00Z')).toBe('');
  });

  test('may be older by a setting, and is not asked for without backups or for other servers', () => {
    expect(backup('2026-11-28T11:00:00Z', true, { upgradeBackupAgeHours: 48 })).toBe('');
    expect(backup('', false)).toBe('');
    expect(backup('', true, {}, serverOf('app-server-1'))).toBe('');
    expect(backup('', true, { upgradeBackupAgeHours: 0 })).toBe(
      "'upgradeBackupAgeHours' must be a number of hours of 1 or more, got 0; correct it",
    );
  });
});
