import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { Testing, type TerraformStack } from 'cdktf';
import { PINNED_PROVIDERS } from '../cli/machine/provider-versions';
import { EcpCluster, requireProviderVersions, useSetUp } from '../constructs';
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
  /** What `cdktf synth` shows. */
  const warnings = (change: (stack: TerraformStack) => void): string[] => {
    const stack = emptyStack();
    new DockerProvider(stack, 'docker');
    new TlsProvider(stack, 'tls');
    new EcpCluster(stack, 'cluster', { appServers: ['app-server-1'] });
    change(stack);
    Testing.synth(stack, true);
    return stack.node.metadata.filter(({ type }) => type === '@cdktf/warn').map(({ data }) => data as string);
  };

  test('is warned of', () => {
    const [warning, ...more] = warnings(() => undefined);
    expect(warning).toBe(
      'the bindings ask for provider docker 3.6.2, older than 4.6.0, with which servers were measured: its plans delete stopped containers; call requireProviderVersions(stack), or useSetUp(stack)',
    );
    expect(more).toEqual([]);
  });

  test.each<[string, (stack: TerraformStack) => void]>([
    ['requireProviderVersions', requireProviderVersions],
    ['an override', stack => stack.addOverride('terraform.required_providers.docker.version', '4.6.0')],
  ])('is not, with %s', (_, change) => {
    expect(warnings(change)).toEqual([]);
  });
});

test.each<[string, (stack: TerraformStack) => void]>([
  ['requireProviderVersions', requireProviderVersions],
  ['useSetUp', useSetUp],
])('a version that the stack itself overrides stays, before and after %s', (_, ask) => {
  for (const isFirst of [true, false]) {
    const stack = emptyStack();
    new DockerProvider(stack, 'docker');
    if (!isFirst) ask(stack);
    stack.addOverride('terraform.required_providers.docker.version', '4.6.1');
    if (isFirst) ask(stack);
    Testing.synth(stack, true);
    const asked = synth(stack).terraform!.required_providers as unknown as Record<string, { version: string }>;
    expect(asked.docker!.version).toBe('4.6.1');
    expect(asked.tls!.version).toMatch(/^>= /);
  }
});
