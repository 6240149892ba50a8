import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { TerraformStack } from 'cdktf';
import { IrisImage, RehearsalImage, type EcpClusterProps, type EcpImage, type IrisLicenseServer } from '../constructs';
import { DEFAULT_IRIS_IMAGE } from '../constructs/iris-image';
import { IRIS, REHEARSAL } from '../contract/engines';
import { isLocalRegistry, registryLogin, type RegistryLogin } from './registry-login';
import { variableOf, type Settings } from './settings';

/** The image of the engine that the settings choose, and web gateways where it has no web server. */
export function defineEngine(
  stack: TerraformStack,
  settings: Settings,
  providers: ReadonlyMap<string, DockerProvider>,
): Pick<EcpClusterProps, 'webGateway'> & { readonly image: EcpImage } {
  const { registry, hosts } = settings;
  // Without a registry every host builds, and this one need not.
  const provider = registry === undefined ? providers.get(hosts?.['data-server'] ?? '') : undefined;
  if (settings.engine === REHEARSAL)
    return {
      image: new RehearsalImage(stack, 'image', { baseImage: settings.rehearsalBaseImage, registry, provider }),
    };
  const { irisLicenseKeyFile: licenseKeyFile, irisPasswordFile: passwordFile, webGatewayImage } = settings;
  if (licenseKeyFile === undefined) {
    throw new Error(
      `'irisLicenseKeyFile' must be set for the engine 'iris', got nothing; give the path of a licence key with ECP in ${variableOf('irisLicenseKeyFile')}`,
    );
  }
  const image = new IrisImage(stack, 'image', {
    licenseKeyFile,
    registry,
    provider,
    passwordFile,
    baseImage: settings.irisImage,
    globalBuffersMiB: settings.irisGlobalBuffersMiB,
    cpfMergeFile: settings.irisCpfMergeFile,
    hugePages: settings.irisHugePages,
    licenseServer: licenseServer(settings.irisLicenseServer),
    otlpEndpoint: settings.irisOtlpEndpoint,
    applicationFolder: settings.irisApplicationFolder,
    clientReconnectInterval: settings.clientReconnectInterval,
    clientReconnectDuration: settings.clientReconnectDuration,
    serverTroubleDuration: settings.serverTroubleDuration,
  });
  const gateway = webGatewayImage !== undefined || !image.hasWebServer;
  return { image, webGateway: gateway ? { baseImage: webGatewayImage, passwordFile } : undefined };
}

/** `HOST` or `HOST:PORT`. */
function licenseServer(text: string | undefined): IrisLicenseServer | undefined {
  if (text === undefined) return undefined;
  const [, address = text, port] = /^([^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return { address, port: port === undefined ? undefined : Number(port) };
}

/** Logins to the registries of the engine's images: the provider uses none that it is not given. */
export function registryAuth(
  settings: Settings,
  environment: NodeJS.ProcessEnv,
): (RegistryLogin | OpenRegistry)[] | undefined {
  const own =
    settings.registry === undefined ? [] : [pushLogin(settings.registry, environment)].flatMap(login => login ?? []);
  if (settings.engine !== IRIS) return own.length > 0 ? own : undefined;
  const images = [settings.irisImage ?? DEFAULT_IRIS_IMAGE, settings.webGatewayImage ?? DEFAULT_IRIS_IMAGE];
  const registries = [...new Set(images.map(image => image.split('/')[0]!))];
  const logins = [...own, ...registries.flatMap(registry => registryLogin(registry, environment) ?? [])];
  return logins.length > 0 ? logins : undefined;
}

/** A registry that takes anybody, without TLS. */
interface OpenRegistry {
  readonly address: string;
  readonly authDisabled: true;
}

/** Docker takes a registry on 127.0.0.1 without TLS, and such a one has no login. */
function pushLogin(registry: string, environment: NodeJS.ProcessEnv): RegistryLogin | OpenRegistry | undefined {
  const address = registry.split('/')[0]!;
  if (isLocalRegistry(address)) return { address: `http://${address}`, authDisabled: true };
  return registryLogin(address, environment);
}
