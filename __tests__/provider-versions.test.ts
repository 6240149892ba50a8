import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { PINNED_PROVIDERS } from '../cli/machine/provider-versions';
import { requireProviderVersions } from '../constructs';
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
