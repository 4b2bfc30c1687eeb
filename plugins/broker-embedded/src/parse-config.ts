import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { BrokerConfig } from './config.js';
import { BrokerError } from './errors.js';

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Digest of the password by user name. */
export type BrokerUsers = ReadonlyMap<string, Buffer>;

/** A user name stands in topics. */
const USER_NAME = /^[A-Za-z0-9_.:@-]{1,64}$/;
const PREFIX = /^[A-Za-z0-9_.:@-]{1,64}(?:\/[A-Za-z0-9_.:@-]{1,64}){0,7}$/;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Throws with everything that is wrong. No password is ever shown. */
export function parseUsers(config: BrokerConfig): BrokerUsers {
  const findings: string[] = [];
  const users = new Map<string, Buffer>();
  for (const [name, password] of Object.entries(config.users)) {
    if (!USER_NAME.test(name)) findings.push(`user "${name}" has a name that cannot stand in a topic`);
    else if (typeof password !== 'string' || password === '') findings.push(`user "${name}" has no password`);
    else users.set(name, digestOf(password));
  }
  if (!PREFIX.test(config.prefix)) findings.push(`prefix "${config.prefix}" is not the start of a topic`);
  if (findings.length > 0) throw new BrokerError('BROKER_CONFIG_INVALID', { findings });
  if (users.size === 0 && !isLoopback(config.host)) {
    throw new BrokerError('BROKER_USERS_REQUIRED', { address: config.host });
  }
  return users;
}

/** Of one length, so that comparing takes the same time whatever was sent. */
export function digestOf(password: string | Buffer): Buffer {
  return createHash('sha256').update(password).digest();
}

export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host === 'localhost' : loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** Reads certificate and key and proves that they fit. Without either name there is no TLS. */
export async function readTlsFiles(
  { tlsCertFile, tlsKeyFile }: Pick<BrokerConfig, 'tlsCertFile' | 'tlsKeyFile'>,
  signal: AbortSignal,
): Promise<TlsFiles | undefined> {
  if (tlsCertFile === '' && tlsKeyFile === '') return undefined;
  if (tlsCertFile === '' || tlsKeyFile === '') {
    const missing = tlsCertFile === '' ? 'tlsCertFile' : 'tlsKeyFile';
    throw new BrokerError('BROKER_TLS_INVALID', { finding: `${missing} is not set, and the other one is` });
  }
  try {
    const [cert, key] = await Promise.all([
      readFile(tlsCertFile, { signal }),
      readFile(tlsKeyFile, { signal }),
    ]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const finding = cause instanceof Error ? cause.message : String(cause);
    throw new BrokerError('BROKER_TLS_INVALID', { finding }, { cause });
  }
}
