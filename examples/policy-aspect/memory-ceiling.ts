import { Container } from '@cdktf/provider-docker/lib/container';
import { Annotations, type IAspect } from 'cdktf';
import type { IConstruct } from 'constructs';

/** A policy that refuses: a container has a memory limit, and none above the ceiling. A breach is an error at synth. */
export class MemoryCeiling implements IAspect {
  constructor(private readonly ceilingMiB: number) {}

  public visit(node: IConstruct): void {
    if (!(node instanceof Container)) return;
    const memory = node.memoryInput;
    if (memory !== undefined && memory <= this.ceilingMiB) return;
    Annotations.of(node).addError(
      `'memory' must be at most ${this.ceilingMiB} MiB (policy of the platform team), got ${memory ?? 'no limit'}; lower it`,
    );
  }
}
