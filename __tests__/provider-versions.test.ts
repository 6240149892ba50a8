import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import type { TerraformStack } from 'cdktf';
import { PINNED_PROVIDERS } from '../cli/machine/provider-versions';
import { EcpCluster, requireProviderVersions } from '../constructs';
import { emptyStack, synth } from './synth';

test.each(PINNED_PROVIDERS)('the command takes the releases of $source that stacks ask for', provider => {
  const type = provider.source.split('/')[1]!;
  const stack = emptyStack();
  new DockerProvider(stack, 'docker');
  new TlsProvider(stack, 'tls');
  requireProviderVersions(stack);
  const asked = synth(stack).terraform!.required_providers as unknown as Record<string, { version: string }>;
  expect(asked[type]!.version).toBe(provider.constraint);
});

describe('a stack with a server, in which nobody asked for versions', () => {
  const asked = (change: (stack: TerraformStack) => void): Record<string, { version: string }> => {
    const stack = emptyStack();
    new EcpCluster(stack, 'cluster', { appServers: ['app-server-1'] });
    change(stack);
    new TlsProvider(stack, 'tls');
    return synth(stack).terraform!.required_providers as unknown as Record<string, { version: string }>;
  };

  test('asks for those that were measured', () => {
    const { docker, tls } = asked(stack => new DockerProvider(stack, 'docker'));
    expect([docker!.version, tls!.version]).toEqual(PINNED_PROVIDERS.map(({ constraint }) => constraint));
  });

  test('keeps what it says itself, and gets no provider', () => {
    const { docker, tls } = asked(stack => stack.addOverride('terraform.required_providers.tls.version', '4.2.1'));
    expect(docker).toBeUndefined();
    expect(tls!.version).toBe('4.2.1');
  });
});
