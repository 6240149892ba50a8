import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { Refusal } from '../../contract/refusal';

/** Base images of stacks that take what a set-up made. */
const BASES = new WeakMap<TerraformStack, string>();
/** Stacks in which the default was taken already. */
const DECIDED = new WeakSet<TerraformStack>();

/** What an image of this package is built on when nobody says. */
export function rehearsalBaseOf(scope: Construct): string {
  const stack = TerraformStack.of(scope);
  DECIDED.add(stack);
  return BASES.get(stack) ?? 'debian:bookworm-slim';
}

/** @throws Refusal when an image was made before, on the other base */
export function setRehearsalBase(stack: TerraformStack, baseImage: string): void {
  if (DECIDED.has(stack))
    throw new Refusal(
      `'useSetUp' must be called before the first cluster or image of its stack, got '${stack.node.id}', which has one; move the call up`,
    );
  BASES.set(stack, baseImage);
}
