import { Refusal } from '../../contract/refusal';

/** Oldest release that the image is made for: the one of the article, and the oldest that anyone is known to have run this on. */
const OLDEST = [2022, 2] as const;

/**
 * First release whose images have no private web server: InterSystems, Supported Platforms 2023.2, and Running InterSystems Products
 * in Containers, "Web Access Using the Web Gateway Container".
 */
const WITHOUT_WEB_SERVER = [2023, 2] as const;

/** What the tag of an InterSystems IRIS image tells. */
export interface IrisRelease {
  readonly hasWebServer: boolean;
  /** Whether a TLS configuration may have a key of ECDSA. */
  readonly knowsEcdsa: boolean;
}

/** First release whose class reference of Security.SSLConfigs may know it: those of 2024.1 and 2024.3 end with RSA. */
const WITH_ECDSA = [2025, 1] as const;

/**
 * Reads the release from an image's tag, such as `2022.2.0.281.0`. A tag without a release (`latest-em`) counts as current.
 *
 * @throws Error when the image is too old, or is the Community Edition, which has no ECP.
 */
export function requireIrisRelease(prop: string, image: string): IrisRelease {
  const [, repository = '', tag] = /^(.+?)(?::([\w.-]+))?(?:@sha256:[0-9a-f]{64})?$/.exec(image) ?? [];
  if (repository === '' || !/^[\w./:-]+$/.test(image.replace(/@sha256:/, ':'))) {
    throw new Refusal(
      `'${prop}' must be an image with registry and tag, such as containers.intersystems.com/intersystems/iris:2025.1, got '${image}'`,
    );
  }
  if (/-community(-arm64)?$/.test(repository)) {
    throw new Refusal(
      `'${prop}' must be an edition of InterSystems IRIS with ECP, got '${image}': the Community Edition has none; use containers.intersystems.com/intersystems/iris`,
    );
  }
  if (/(^|\/)(healthconnect|\w+-lockeddown|\w+-lockeddown-arm64)$/.test(repository)) {
    const why = repository.includes('lockeddown')
      ? 'a locked-down image lets no script of the container in'
      : 'Health Connect has no ECP';
    throw new Refusal(
      `'${prop}' must be an edition of InterSystems IRIS with ECP and its usual security settings, got '${image}': ${why}; use containers.intersystems.com/intersystems/iris`,
    );
  }
  const numbers = /^(\d{4})\.(\d+)/.exec(tag ?? '');
  if (numbers === null) return { hasWebServer: false, knowsEcdsa: true };
  const release = [Number(numbers[1]), Number(numbers[2])] as const;
  if (isBefore(release, OLDEST)) {
    throw new Refusal(
      `'${prop}' must be InterSystems IRIS ${OLDEST.join('.')} or newer, got '${image}'; choose a newer tag, such as 2025.1`,
    );
  }
  return { hasWebServer: isBefore(release, WITHOUT_WEB_SERVER), knowsEcdsa: !isBefore(release, WITH_ECDSA) };
}

function isBefore(release: readonly [number, number], other: readonly [number, number]): boolean {
  return release[0] < other[0] || (release[0] === other[0] && release[1] < other[1]);
}
