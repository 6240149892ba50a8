import { Token } from 'cdktf';
import { Refusal } from '../../contract/refusal';

/** Names that Config-API's loader takes from the running IRIS, in capitals or in small letters. They stay in the document for it. */
const PREDEFINED = ['MGRDIR', 'CSPDIR', 'BINDIR', 'LIBDIR', 'NAMESPACE', 'USERNAME', 'ROLES', 'SYSTEM'];

/** Config-API replaces three times, so that a value may name a variable, whose value names another one. */
const PASSES = 3;

/** Values that name each other grow by the power of their number. IRIS's own limit of a string is 3,641,144 characters. */
const LONGEST = 1_000_000;

const VARIABLE = /\$\{([^}]*)\}/g;

/** True for a variable to which IRIS gives a value when it loads the document. */
export function isPredefined(name: string): boolean {
  return PREDEFINED.some(known => name === known || name === known.toLowerCase());
}

/** The variables that a text names, in their order. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(VARIABLE)].map(([, name]) => name!);
}

/**
 * Gives variables their values in Config-API's own order (lscalese/iris-config-api 1.4.1, src/Api/Config/Services/Loader.cls,
 * `processConfig`): the caller's value wins over the document's `Defaults`, and both over what is predefined. All are replaced in the
 * whole text one after the other, in the order of their names, and that three times. What is left then has no value.
 */
export class ConfigVariables {
  private readonly values: ReadonlyMap<string, string>;
  private readonly placeholders: readonly string[];

  constructor(callers: Readonly<Record<string, string>>, defaults: Readonly<Record<string, string>>) {
    this.values = new Map(Object.entries({ ...defaults, ...callers }));
    this.placeholders = [...this.values.keys()].map(name => `\${${name}}`).sort();
  }

  /** All names with a value, sorted. */
  public get names(): string[] {
    return [...this.values.keys()].sort();
  }

  public has(name: string): boolean {
    return this.values.has(name);
  }

  /** @throws Error that begins with `at` when a value is known only after an apply, or when the text grows without end. */
  public replaceIn(text: string, at: string): string {
    let replaced = text;
    for (let pass = 1; pass <= PASSES && replaced.includes('${'); pass++)
      for (const placeholder of this.placeholders) replaced = this.replaceOne(replaced, placeholder, at);
    return replaced;
  }

  private replaceOne(text: string, placeholder: string, at: string): string {
    const parts = text.split(placeholder);
    if (parts.length === 1) return text;
    const value = this.values.get(placeholder.slice(2, -1))!;
    if (Token.isUnresolved(value))
      throw new Refusal(`${at}: variable '${placeholder}' must be known at synth, got a value of another resource`);
    if (text.length + (parts.length - 1) * value.length > LONGEST)
      throw new Refusal(
        `${at}: grows beyond ${LONGEST} characters with variable '${placeholder}'; let values not repeat each other`,
      );
    return parts.join(value);
  }
}
