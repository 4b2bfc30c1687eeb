import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { GatewayError } from '../errors.js';

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Reads certificate and key and proves that they fit. Without either name there is no TLS. */
export async function readTlsFiles(
  certFile: string,
  keyFile: string,
  signal: AbortSignal,
): Promise<TlsFiles | undefined> {
  if (certFile === '' && keyFile === '') return undefined;
  if (certFile === '' || keyFile === '') {
    const missing = certFile === '' ? 'tlsCertFile' : 'tlsKeyFile';
    throw new GatewayError('GATEWAY_TLS_INVALID', { finding: `${missing} is not set, and the other one is` });
  }
  try {
    const [cert, key] = await Promise.all([readFile(certFile, { signal }), readFile(keyFile, { signal })]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const finding = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('GATEWAY_TLS_INVALID', { finding }, { cause });
  }
}
