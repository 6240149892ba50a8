import { Fn, Op, Token, type TerraformResource } from 'cdktf';

/** What Terraform checks of a value that synth did not know. */
export interface ApplyRule {
  readonly condition: string;
  readonly errorMessage: string;
}

/** Makes Terraform refuse, in the plan where it can, what breaks a rule: as preconditions of the resource. */
export function guardAtApply(resource: TerraformResource, ...rules: readonly (readonly ApplyRule[])[]): void {
  const all = rules.flat();
  if (all.length === 0) return;
  resource.lifecycle = {
    ...resource.lifecycle,
    precondition: [...(resource.lifecycle?.precondition ?? []), ...all],
  };
}

/** `requireWholeNumber` for Terraform. */
export function wholeNumberRule(
  prop: string,
  value: number | undefined,
  minimum: number,
  maximum: number,
  why: string,
): ApplyRule[] {
  return rule(
    value,
    () => Op.and(Op.and(Op.gte(value, minimum), Op.lte(value, maximum)), Op.eq(Fn.floor(value!), value)),
    got => `'${prop}' must be a whole number from ${minimum} to ${maximum} (${why}), got ${got}`,
  );
}

/** `requirePort` for Terraform. */
export function portRule(prop: string, value: number | undefined): ApplyRule[] {
  return wholeNumberRule(prop, value, 1, 65535, 'a TCP port');
}

/** `requireProcessors` for Terraform, which cannot compare the two ends of a range here. */
export function processorRules({ cpus, cpuSet }: { readonly cpus?: number; readonly cpuSet?: string }): ApplyRule[] {
  return [
    ...rule(
      cpus,
      () => Op.and(Op.gte(cpus, 0.01), Op.lte(cpus, 4096)),
      got => `'cpus' must be a number of processors from 0.01 to 4096, got ${got}; correct it`,
    ),
    ...rule(
      cpuSet,
      () => matches(cpuSet, '^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*$'),
      got => `'cpuSet' must list processors such as '0-3' or '0,2', got '${got}'; correct it`,
    ),
  ];
}

/** `requireSubnet` for Terraform. */
export function subnetRules(subnet: string | undefined): ApplyRule[] {
  return [
    ...rule(
      subnet,
      () =>
        Op.and(
          matches(subnet, '/([89]|1[0-9]|2[0-9])$'),
          Op.eq(Fn.try([Fn.cidrsubnet(subnet as unknown as string, 0, 0), '']), subnet),
        ),
      got =>
        `'subnet' must be an IPv4 network address with 8 to 29 bits, such as '172.28.0.0/16', got '${got}'; clear the host bits or leave it out`,
    ),
    ...rule(
      subnet,
      () => Op.not(matches(subnet, '^(0|127|22[4-9]|2[3-5][0-9]|169[.]254)[.]')),
      got =>
        `'subnet' must lie outside what is for no hosts (loopback, link-local, multicast, reserved), got '${got}'; choose a private one, such as '172.28.0.0/16'`,
    ),
  ];
}

const IMAGE_NAME =
  '^([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+(([.]|_|__|-+|/)[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$';

/** `requireImageName` for Terraform. */
export function imageNameRule(prop: string, value: string | undefined): ApplyRule[] {
  return rule(
    value,
    () => matches(value, IMAGE_NAME),
    got =>
      `'${prop}' must be the name of an image in small letters, with a tag or digest, such as 'debian:bookworm-slim', got '${got}'; correct it`,
  );
}

function matches(value: unknown, pattern: string): string {
  return Token.asString(Fn.can(Fn.regex(pattern, value as string)));
}

/** Nothing for a value that synth has checked. */
function rule(value: unknown, condition: () => unknown, message: (got: string) => string): ApplyRule[] {
  if (value === undefined || !Token.isUnresolved(value)) return [];
  return [{ condition: Token.asString(condition()), errorMessage: message(Token.asString(value)) }];
}
