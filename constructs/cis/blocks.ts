/** Attributes of a resource as they appear in the Terraform document. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Terraform takes a block as one object or as a list of them. */
export function blocks(value: unknown): Attributes[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  return list.filter(each => typeof each === 'object' && each !== null) as Attributes[];
}

/** The first of these blocks, or an empty one. */
export function block(value: unknown): Attributes {
  return blocks(value)[0] ?? {};
}

/** A text, empty where there is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A list of texts. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

/** Texts are references, whose value is not known at synth, or numbers as text. */
export function isSet(value: unknown): boolean {
  if (typeof value === 'string') return value !== '' && Number(value) !== 0;
  return typeof value === 'number' && value > 0;
}

/** A switch that is on. */
export function isOn(value: unknown): boolean {
  return value === true || value === 'true';
}

/** Mounts of the host's own files among the sources of mounts; names of volumes are none. */
export function hostMount(source: unknown, propagation?: unknown): { source: string; propagation: string }[] {
  const path = textOf(source);
  return path.startsWith('/') ? [{ source: path, propagation: textOf(propagation) }] : [];
}
