import { FILES, FILES_DIRECTORY } from '../../contract/contract';

/** A server's own certificate and key, as options of openssl in its container. */
export const OWN_CERTIFICATE = `-cert ${FILES_DIRECTORY}/${FILES.certificate} -key ${FILES_DIRECTORY}/${FILES.privateKey}`;

/** The authorities that it trusts. */
export const OWN_AUTHORITIES = `-CAfile ${FILES_DIRECTORY}/${FILES.caBundle}`;
