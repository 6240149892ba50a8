import { DataResource, TerraformStack, type TerraformProvider, type TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import { Refusal } from '../../contract/refusal';
import { requireVolumeName } from './server-volumes';

/** By stack: data servers by the host and the name of their data volume. */
const TAKEN = new WeakMap<TerraformStack, Map<string, { readonly path: string; readonly isChosen: boolean }>>();

/** The volume of a data server's data. */
export interface DataVolume {
  readonly name: string;
  /** What the user has called it; undefined where the name is the cluster's. */
  readonly chosen: string | undefined;
  /** Further volumes of the server, and those that are the cluster's own, by their directories. */
  readonly others: Readonly<Record<string, string>>;
  readonly provider: TerraformProvider | undefined;
}

/**
 * Two data servers on one volume would ruin its data.
 *
 * @throws Error when the name is none that Docker takes, or when another data server of the stack, or other data of this one, has the volume.
 */
export function requireOwnDataVolume(scope: Construct, { name, chosen, others, provider }: DataVolume): void {
  if (chosen !== undefined) requireVolumeName('dataVolume', chosen);
  const [directory] = Object.entries(others).find(([, volume]) => volume === name) ?? [];
  if (chosen !== undefined && directory !== undefined)
    throw new Refusal(
      `'dataVolume' must be another volume than that at '${directory}', got '${name}'; choose another name`,
    );
  const stack = TerraformStack.of(scope);
  const volumes = TAKEN.get(stack) ?? new Map<string, { path: string; isChosen: boolean }>();
  TAKEN.set(stack, volumes);
  const key = `${provider?.fqn ?? 'docker'} ${name}`;
  const other = volumes.get(key);
  // Where neither is chosen the clusters have one name, which is refused as such.
  if (other && (other.isChosen || chosen !== undefined))
    throw new Refusal(
      `'dataVolume' of '${scope.node.path}' must be another than that of '${other.path}', which is on the same host, got '${name}'; choose another name`,
    );
  volumes.set(key, { path: scope.node.path, isChosen: chosen !== undefined });
}

/**
 * Makes Terraform remember a volume's name and refuse another one: it would be a new volume, and the data would seem lost. A name that is
 * set for the first time, or no more, shows in the plan as this resource.
 */
export function rememberDataVolume(scope: Construct, id: string, name: string): void {
  const remembered = new DataResource(scope, id, {
    input: { dataVolume: name, note: 'a volume that is not there yet is made, and is empty' },
    lifecycle: { ignoreChanges: ['input'] },
  });
  refuseOtherName(remembered, 'output.dataVolume', name, `terraform apply -replace=${addressOf(remembered)}`);
}

/** Makes Terraform refuse another name of a volume that is a resource: it would keep the old one, whatever is said. */
export function refuseRenamedVolume(volume: TerraformResource, name: string): void {
  refuseOtherName(volume, 'name', name, `terraform state rm ${addressOf(volume)}, which keeps it`);
}

function refuseOtherName(resource: TerraformResource, attribute: string, name: string, begin: string): void {
  const self = `self.${attribute}`;
  resource.lifecycle = {
    ...resource.lifecycle,
    postcondition: [
      {
        condition: `\${${self} == ${JSON.stringify(name)}}`,
        errorMessage: `'dataVolume' must stay '\${${self}}', which has the data, got '${name}', a volume of its own; take the change back, or go over to that one: ${begin}`,
      },
    ],
  };
}

function addressOf(resource: TerraformResource): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
}
