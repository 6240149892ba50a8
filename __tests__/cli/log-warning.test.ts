import { logWarning } from '../../cli/terraform/log-warning';

test.each([
  ['TF_LOG', 'TRACE'],
  ['TF_LOG', 'debug'],
  ['TF_LOG', 'JSON'],
  ['TF_LOG', 'nonsense'],
  ['TF_LOG_CORE', 'trace'],
  ['TF_LOG_PROVIDER', 'DEBUG'],
  ['TF_LOG_PROVIDER_DOCKER', 'TRACE'],
])('%s=%s: the log gets keys, and it is said where', (name, level) => {
  expect(logWarning({ [name]: level })).toBe(
    `${name}=${level}: Terraform's log gets private keys in clear text; keep it as you keep the state, and remove it afterwards`,
  );
  expect(logWarning({ [name]: level, TF_LOG_PATH: '/tmp/x' })).toContain("Terraform's log (/tmp/x) gets");
});

test.each([
  {},
  { TF_LOG: '' },
  { TF_LOG: 'off' },
  { TF_LOG: 'INFO', TF_LOG_PROVIDER: 'error' },
  { TF_LOG_PATH: '/tmp/x' },
])('%j: nothing to say', environment => expect(logWarning(environment)).toBeUndefined());
