import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { SshError } from './errors.js';
import { type KnownHost, keyTypeOf } from './known-hosts.js';
import type { KnownHostsFile } from './known-hosts-file.js';
import type { HostSettings } from './settings.js';

/** Host key algorithms by type of key, best first. SHA-1 and DSA are not among them. */
const algorithmsByType: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** Decides about the key that a host shows, for one connection. */
export class HostKeyCheck {
  /** What to ask the host for: only types of which a key is known, if any is. */
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
  readonly #host: HostSettings;
  readonly #file: KnownHostsFile;
  readonly #entries: readonly KnownHost[];
  #accepted: Buffer | undefined;

  /** Reads what is known about the host. */
  static async open(host: HostSettings, file: KnownHostsFile): Promise<HostKeyCheck> {
    return new HostKeyCheck(host, file, await file.entriesFor(host.address, host.port));
  }

  private constructor(host: HostSettings, file: KnownHostsFile, entries: readonly KnownHost[]) {
    this.#host = host;
    this.#file = file;
    this.#entries = entries;
    const types = new Set(this.#known().map(({ type }) => type));
    const isLimited = host.hostKeySha256.length === 0 && types.size > 0;
    const offered = Object.entries(algorithmsByType).filter(([type]) => !isLimited || types.has(type));
    this.algorithms = offered.flatMap(([, algorithms]) => algorithms);
    if (this.algorithms.length === 0) {
      const finding = `${file.path} knows it only by keys of type ${[...types].join(', ')}`;
      throw new SshError('SSH_ALGORITHMS_MISMATCH', { host: host.name, finding });
    }
  }

  /** Settles if the key is the one of this host. Asked again when keys are renewed, and then only the same key will do. */
  async verify(key: Buffer, signal: AbortSignal): Promise<{ readonly isNew: boolean }> {
    if (this.#accepted) {
      if (!this.#accepted.equals(key)) throw this.#changed(key, 'the beginning of this connection');
      return { isNew: false };
    }
    const isNew = await this.#verifyFirst(key, signal);
    this.#accepted = Buffer.from(key);
    return { isNew };
  }

  async #verifyFirst(key: Buffer, signal: AbortSignal): Promise<boolean> {
    const { name: host, address, port, hostKeys, hostKeySha256 } = this.#host;
    const sha256 = fingerprint(key);
    const file = this.#file.path;
    const revoked = this.#entries.find((entry) => entry.marker === 'revoked' && entry.key.equals(key));
    if (revoked) throw new SshError('SSH_HOST_KEY_REVOKED', { host, file, line: revoked.line, sha256 });
    if (hostKeySha256.length > 0) {
      if (hostKeySha256.includes(sha256)) return false;
      throw this.#changed(key, 'hostKeySha256');
    }
    const known = this.#known();
    if (known.some((entry) => entry.key.equals(key))) return false;
    if (known.length > 0) throw this.#changed(key, file);
    const isAdded = hostKeys === 'accept-new' && (await this.#file.add(address, port, key, signal));
    if (isAdded) return true;
    if (hostKeys === 'strict')
      throw new SshError('SSH_HOST_KEY_UNKNOWN', { host, file, type: keyTypeOf(key), sha256 });
    // Somebody else has added a key of this host in the meantime.
    const present = await this.#file.entriesFor(address, port);
    if (present.some((entry) => entry.marker === undefined && entry.key.equals(key))) return false;
    throw this.#changed(key, file);
  }

  #known(): readonly KnownHost[] {
    return this.#entries.filter(({ marker }) => marker === undefined);
  }

  #changed(key: Buffer, source: string): Error {
    const { name: host } = this.#host;
    return new SshError('SSH_HOST_KEY_CHANGED', {
      host,
      source,
      type: keyTypeOf(key),
      sha256: fingerprint(key),
    });
  }
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
