import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeErroredState } from '../../cli/terraform/errored-state';

const state = (serial: number): string => JSON.stringify({ version: 4, serial, resources: [] });

describe('a state that Terraform could not write', () => {
  let folder: string;
  let errored: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ecp-errored-test-'));
    errored = join(folder, 'errored.tfstate');
    file = join(folder, 'ecp.tfstate');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each<[string, string | undefined]>([
    ['cut short', '{"version": 4, "resou'],
    ['older', state(6)],
    ['empty', ''],
    ['missing', undefined],
  ])('comes into its place when the one there is %s', (_, present) => {
    writeFileSync(errored, state(7));
    if (present !== undefined) writeFileSync(file, present);
    expect(takeErroredState(folder, file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(state(7));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(errored)).toBe(false);
  });

  test.each<[string, string, string]>([
    ['when the one there is as new', state(7), state(7)],
    ['when it is cut short itself', '{"version": 4,', '{"version": 4, "resou'],
  ])('stays where it is %s', (_, left, present) => {
    writeFileSync(errored, left);
    writeFileSync(file, present);
    expect(takeErroredState(folder, file)).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe(present);
  });

  test('is kept when it cannot be written', () => {
    writeFileSync(errored, state(7));
    mkdirSync(file);
    expect(() => takeErroredState(folder, file)).toThrow(
      / must be written again from '.*errored\.tfstate'.*: make room/,
    );
    expect(readFileSync(errored, 'utf8')).toBe(state(7));
  });
});
