import { createPrivateKey, type KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { ParsedKey } from 'ssh2';
import { SshError } from './errors.js';
import type { SshLibrary } from './ssh-library.js';

const MAX_BYTES = 64 * 1024;

/** Reads private keys in the formats of OpenSSH, PEM and PKCS#8. No key is ever made, and none is written. */
export class PrivateKeys {
  readonly #library: SshLibrary;
  readonly #passphrase: string;
  /** Opening an encrypted key takes long on purpose, so it is done once per version of the file. */
  readonly #opened = new Map<string, { readonly stamp: string; readonly key: ParsedKey }>();

  constructor(library: SshLibrary, passphrase: string) {
    this.#library = library;
    this.#passphrase = passphrase;
  }

  async read(file: string): Promise<ParsedKey> {
    const { text, stamp } = await readSecret(file);
    const opened = this.#opened.get(file);
    if (opened?.stamp === stamp) return opened.key;
    const key = await this.#parse(file, text);
    this.#opened.set(file, { stamp, key });
    return key;
  }

  async #parse(file: string, text: string): Promise<ParsedKey> {
    const passphrase = this.#passphrase === '' ? undefined : this.#passphrase;
    const isPkcs8 = /-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/.test(text);
    const readable = isPkcs8 ? await this.#convert(file, text, passphrase) : text;
    const parsed = this.#library.ssh2.utils.parseKey(readable, isPkcs8 ? undefined : passphrase);
    if (parsed instanceof Error) throw unusable(file, parsed.message, parsed);
    // An OpenSSH file has one key; the types say that there may be more.
    const [key] = [parsed].flat();
    if (!key?.isPrivateKey()) throw unusable(file, 'it has no private key in it');
    return key;
  }

  /** What the SSH library reads of a key in PKCS#8. */
  async #convert(file: string, text: string, passphrase: string | undefined): Promise<string> {
    if (text.includes('BEGIN ENCRYPTED') && passphrase === undefined)
      throw unusable(file, 'it is encrypted and there is no passphrase');
    let key: KeyObject;
    try {
      key = createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) });
    } catch (error) {
      throw unusable(file, 'it cannot be decoded, or the passphrase is another one', error);
    }
    const kind = key.asymmetricKeyType;
    if (kind === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString();
    if (kind === 'ec') return key.export({ type: 'sec1', format: 'pem' }).toString();
    if (kind !== 'ed25519') throw unusable(file, `it is a key of type ${kind}`);
    const plain = key.export({ type: 'pkcs8', format: 'pem' });
    return (await this.#library.sshpk()).parsePrivateKey(plain, 'pkcs8').toString('openssh');
  }
}

async function readSecret(file: string): Promise<{ readonly text: string; readonly stamp: string }> {
  try {
    await using handle = await open(file, 'r');
    const { mode, mtimeMs, size, ino } = await handle.stat();
    if (size > MAX_BYTES) throw unusable(file, `it is larger than ${MAX_BYTES} bytes`);
    // Windows keeps no such bits.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new SshError('SSH_KEY_EXPOSED', { file, mode: (mode & 0o777).toString(8).padStart(4, '0') });
    return { text: await handle.readFile('utf8'), stamp: [ino, mtimeMs, size].join() };
  } catch (error) {
    if (error instanceof SshError) throw error;
    throw unusable(file, `reading it fails with ${(error as NodeJS.ErrnoException).code}`, error);
  }
}

function unusable(file: string, finding: string, cause?: unknown): Error {
  return new SshError('SSH_KEY_UNUSABLE', { file, finding }, { cause });
}
