import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awaitStateLock, holderOf } from '../../cli/terraform/state-lock';

const LOCKS = `1: POSIX  ADVISORY  WRITE 4143 fe:00:101 0 EOF
1: -> POSIX  ADVISORY  WRITE 4144 fe:00:101 0 EOF
2: FLOCK  ADVISORY  WRITE 7158 fe:00:102 0 EOF
3: POSIX  ADVISORY  READ  2430 fe:00:103 0 EOF
`;

test('who writes a file is found by its inode', () => {
  expect(holderOf(LOCKS, 101)).toBe('4143');
});

test.each([
  ['a lock of flock(1)', 102],
  ['a reader', 103],
  ['no lock', 10],
])('%s holds nobody up', (_, inode) => {
  expect(holderOf(LOCKS, inode)).toBeUndefined();
});

test('a state that is locked when the time is over is an error with its holder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-state-lock-'));
  const state = join(folder, 'ecp.tfstate');
  const locks = join(folder, 'locks');
  writeFileSync(state, '');
  writeFileSync(locks, `1: POSIX  ADVISORY  WRITE 77 fe:00:${statSync(state).ino} 0 EOF\n`);
  const waiting = jest.spyOn(console, 'error').mockImplementation();
  try {
    await expect(awaitStateLock(state, 0, locks)).rejects.toThrow(
      `the Terraform state '${state}' is locked by the process 77, which works on the same cluster: wait for its end`,
    );
    const waits = awaitStateLock(state, 20, locks);
    writeFileSync(locks, '');
    await waits;
    expect(waiting).toHaveBeenCalledTimes(1);
    await awaitStateLock(join(folder, 'none.tfstate'), 0, locks);
  } finally {
    waiting.mockRestore();
    rmSync(folder, { recursive: true });
  }
});
