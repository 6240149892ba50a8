import {
  Annotations,
  DefaultTokenResolver,
  StringConcat,
  TerraformAsset,
  TerraformResource,
  TerraformStack,
  Tokenization,
  type IAspect,
} from 'cdktf';
import type { IConstruct } from 'constructs';
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { Refusal } from '../../contract/refusal';
import { readContainerResource } from './container-resource';
import { CONTAINER_RULES, type CisRule } from './container-rules';
import { IMAGE_RULES, parseDockerfile, type CisImage } from './image-rules';
import { readServiceResource } from './service-resource';

/** An exception from one rule, with the reason why it stands. */
export interface CisWaiver {
  /** Number of the rule, such as `5.13`. */
  readonly id: string;
  /** Path of the resource in the construct tree; `*` stands for any part of a path without `/`. */
  readonly path: string;
  /** Why the rule does not hold there, and what stands in for it. */
  readonly reason: string;
}

/** Properties of `CisDockerAspect`. */
export interface CisDockerAspectProps {
  /**
   * Exceptions. One that waives nothing is an error too, so that none outlives its reason.
   *
   * @default - none
   */
  readonly waivers?: readonly CisWaiver[];
}

/**
 * The CIS Docker Benchmark, sections 4 and 5, for every `docker_container`, every `docker_service` and every `docker_image` that is built:
 * a broken rule is an error at synth, with the number that docker-bench-security gives it, what was found and the remedy.
 *
 * One aspect serves one stack. docs/security.md shows how to add it to one.
 */
export class CisDockerAspect implements IAspect {
  private readonly waivers: readonly CisWaiver[];
  /** Waivers by rule and path, which a cluster has many of. */
  private readonly exact = new Map<string, CisWaiver[]>();
  private readonly patterns: { readonly waiver: CisWaiver; readonly expression: RegExp }[] = [];
  private readonly used = new Set<CisWaiver>();
  private watched = false;

  /** @throws Error when a waiver names no rule, no path or no reason. */
  constructor(props: CisDockerAspectProps = {}) {
    this.waivers = props.waivers ?? [];
    for (const waiver of this.waivers) {
      validateWaiver(waiver);
      const key = `${waiver.id} ${waiver.path}`;
      if (waiver.path.includes('*')) this.patterns.push({ waiver, expression: expressionOf(waiver.path) });
      else this.exact.set(key, [...(this.exact.get(key) ?? []), waiver]);
    }
  }

  /** Called by cdktf for each construct. */
  public visit(node: IConstruct): void {
    if (!this.watched) node.node.addValidation({ validate: () => this.unusedWaivers() });
    this.watched = true;
    if (!(node instanceof TerraformResource)) return;
    if (node.terraformResourceType === 'docker_container') {
      this.check(node, CONTAINER_RULES, readContainerResource(attributesOf(node)));
    } else if (node.terraformResourceType === 'docker_service') {
      this.check(node, CONTAINER_RULES, readServiceResource(attributesOf(node)));
    } else if (node.terraformResourceType === 'docker_image') {
      const image = readImage(node);
      if (image) this.check(node, IMAGE_RULES, image);
    }
  }

  private check<T>(node: IConstruct, rules: readonly CisRule<T>[], subject: T): void {
    for (const { id, rule, remedy, problem } of rules) {
      const found = problem(subject);
      if (found === undefined || this.isWaived(id, node.node.path)) continue;
      Annotations.of(node).addError(`CIS ${id}: ${rule}, got ${found}; ${remedy}, or waive it with a reason`);
    }
  }

  private isWaived(id: string, path: string): boolean {
    const fitting = [
      ...(this.exact.get(`${id} ${path}`) ?? []),
      ...this.patterns.filter(each => each.waiver.id === id && each.expression.test(path)).map(({ waiver }) => waiver),
    ];
    for (const waiver of fitting) this.used.add(waiver);
    return fitting.length > 0;
  }

  private unusedWaivers(): string[] {
    return this.waivers
      .filter(waiver => !this.used.has(waiver))
      .map(
        ({ id, path }) =>
          `'waivers' must each waive something, got ${id} for '${path}', which breaks no rule; remove it`,
      );
  }
}

function validateWaiver({ id, path, reason }: CisWaiver): void {
  const known = [...new Set([...IMAGE_RULES, ...CONTAINER_RULES].map(rule => rule.id))];
  if (!known.includes(id)) throw new Refusal(`'waivers' must name a rule, got '${id}'; rules are ${known.join(', ')}`);
  if (path.trim() === '')
    throw new Refusal(`'waivers' must name a path, got none for ${id}; add the path of the resource`);
  if (reason.trim() === '')
    throw new Refusal(`'waivers' must give a reason, got none for ${id} at '${path}'; write it down`);
}

function expressionOf(pattern: string): RegExp {
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]*')}$`);
}

/** Attributes that no rule is about, and that take long to resolve: a server's files among them. */
const UNCHECKED: readonly string[] = ['upload', 'env', 'labels', 'log_opts', 'lifecycle', 'depends_on'];

/** The attributes as they will be written, overrides included, less those that no rule is about. */
function attributesOf(resource: TerraformResource): Record<string, unknown> {
  const { resource: types } = resource.toTerraform() as {
    resource: Record<string, Record<string, Record<string, unknown>>>;
  };
  const attributes = Object.values(types[resource.terraformResourceType] ?? {})[0] ?? {};
  const checked = Object.entries(attributes).filter(([name]) => !UNCHECKED.includes(name));
  const resolver = new DefaultTokenResolver(new StringConcat());
  return Tokenization.resolve(Object.fromEntries(checked), { scope: resource, resolver, preparing: false }) as Record<
    string,
    unknown
  >;
}

/** The Dockerfile of an image; `undefined` for one that is not built here. */
function readImage(resource: TerraformResource): CisImage | undefined {
  const { build } = attributesOf(resource) as { build?: Record<string, unknown> | Record<string, unknown>[] };
  const [block] = build === undefined ? [] : Array.isArray(build) ? build : [build];
  if (!block) return undefined;
  const dockerfile = typeof block.dockerfile === 'string' ? block.dockerfile : 'Dockerfile';
  const text = readFileSync(join(sourceOf(resource, String(block.context)), dockerfile), 'utf8');
  return {
    instructions: parseDockerfile(text),
    buildArguments: (block.build_args ?? {}) as Record<string, string>,
  };
}

/** Where a build context comes from: assets are copied only after aspects have run. */
function sourceOf(resource: TerraformResource, context: string): string {
  if (isAbsolute(context)) return context;
  const assets = TerraformStack.of(resource)
    .node.findAll()
    .filter(node => node instanceof TerraformAsset);
  const asset = assets.find(({ path }) => path.replace(/\/$/, '') === context.replace(/\/$/, ''));
  // cdktf offers the source of an asset to nobody.
  const source = asset && (Reflect.get(asset, 'sourcePath') as unknown);
  return typeof source === 'string' ? source : context;
}
