import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeStackFile } from '../../bench/machines/stack-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-bench-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const label = (name: string, value: string) => ({ label: name, value });
const memory = { type: 'tmpfs', device: 'tmpfs', o: 'size=4m' };

const CONTAINER = {
  image: 'registry/ecp@sha256:1',
  command: ['/bin/bash', '-c'],
  args: ['echo $x'],
  hostname: '',
  user: '0',
  env: null,
  read_only: true,
  cap_add: ['CAP_CHOWN'],
  cap_drop: ['ALL'],
  stop_signal: 'SIGTERM',
  stop_grace_period: '30s',
  labels: [label('ecp.cluster', 'demo')],
  healthcheck: [{ test: ['NONE'], interval: '0s', timeout: '0s', start_period: '0s', retries: 0 }],
  mounts: [
    {
      type: 'tmpfs',
      source: '',
      target: '/delivery',
      read_only: false,
      volume_options: [],
      tmpfs_options: [{ size_bytes: 8 }],
    },
    {
      type: 'volume',
      source: 'demo-files',
      target: '/files',
      read_only: false,
      volume_options: [{ no_copy: true, driver_name: 'local', driver_options: memory }],
      tmpfs_options: [],
    },
    {
      type: 'volume',
      source: 'demo-data',
      target: '/durable',
      read_only: false,
      volume_options: [],
      tmpfs_options: [],
    },
  ],
  secrets: [{ secret_name: 's1', file_name: 'app-server-1', file_uid: '0', file_gid: '0', file_mode: 256 }],
};

const SERVICE = {
  name: 'demo-app-servers',
  labels: [label('ecp.role', 'delivery')],
  mode: [{ global: true }],
  task_spec: [
    {
      container_spec: [CONTAINER],
      networks_advanced: [{ id: 'n', aliases: ['app-server-1'] }],
      placement: [{ constraints: ['node.labels.x == y'] }],
      resources: [{ limits: [{ memory_bytes: 67108864 }] }],
      log_driver: [{ name: 'json-file', options: { 'max-file': '3' } }],
      restart_policy: [{ condition: 'any', delay: '5s' }],
    },
  ],
};

test('services and secrets of a state become a stack file, which only its owner can read', () => {
  const data = Buffer.from('a key').toString('base64');
  const resources = [
    { type: 'docker_service', name: 'a', instances: [{ attributes: SERVICE }] },
    { type: 'docker_secret', name: 'b', instances: [{ attributes: { name: 's1', data } }] },
  ];
  writeFileSync(join(folder, 'state'), JSON.stringify({ version: 4, resources }));
  const file = writeStackFile(join(folder, 'state'), join(folder, 'stack'));
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(readFileSync(join(folder, 'stack', 's1'), 'utf8')).toBe('a key');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    version: '3.8',
    services: {
      'demo-app-servers': {
        image: 'registry/ecp@sha256:1',
        entrypoint: ['/bin/bash', '-c'],
        command: ['echo $$x'],
        user: '0',
        environment: {},
        read_only: true,
        cap_add: ['CAP_CHOWN'],
        cap_drop: ['ALL'],
        stop_signal: 'SIGTERM',
        stop_grace_period: '30s',
        labels: { 'ecp.cluster': 'demo' },
        healthcheck: { disable: true },
        volumes: [
          { type: 'tmpfs', target: '/delivery', tmpfs: { size: 8 } },
          { type: 'volume', source: 'demo-files', target: '/files', read_only: false, volume: { nocopy: true } },
          { type: 'volume', source: 'demo-data', target: '/durable', read_only: false, volume: { nocopy: false } },
        ],
        secrets: [{ source: 's1', target: 'app-server-1', uid: '0', gid: '0', mode: 256 }],
        networks: { ecp: { aliases: ['app-server-1'] } },
        logging: { driver: 'json-file', options: { 'max-file': '3' } },
        deploy: {
          mode: 'global',
          labels: { 'ecp.role': 'delivery' },
          endpoint_mode: 'dnsrr',
          resources: { limits: { memory: '67108864' } },
          placement: { constraints: ['node.labels.x == y'] },
          restart_policy: { condition: 'any', delay: '5s' },
        },
      },
    },
    networks: { ecp: { driver: 'overlay', attachable: true } },
    secrets: { s1: { file: join(folder, 'stack', 's1') } },
    volumes: {
      'demo-files': { name: 'demo-files', driver: 'local', driver_opts: memory },
      'demo-data': { name: 'demo-data' },
    },
  });
});
