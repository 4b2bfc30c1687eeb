import type { BaseAgent, IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import { SshError } from './errors.js';
import { fingerprint } from './host-key-check.js';
import type { SshLibrary } from './ssh-library.js';

export interface CarefulAgentOptions {
  /** Host to log in to, for errors. */
  readonly host: string;
  readonly socket: string;
  /** The only key to show. Hosts end a login after a few keys that do not fit. */
  readonly onlySha256: string | undefined;
}

/** The agent behind a socket. It does not sign with SHA-1. */
export function createCarefulAgent({ ssh2 }: SshLibrary, options: CarefulAgentOptions): BaseAgent<ParsedKey> {
  const { host, socket, onlySha256 } = options;
  const agent = new ssh2.OpenSSHAgent(socket);
  const isShown = (key: ParsedKey) =>
    onlySha256 === undefined || fingerprint(key.getPublicSSH()) === onlySha256;

  return new (class extends ssh2.BaseAgent<ParsedKey> {
    getIdentities(done: IdentityCallback<ParsedKey>): void {
      agent.getIdentities((error, keys) => {
        // This agent lists parsed keys; the type has room for agents that tell more of each.
        done(error, error ? undefined : ((keys ?? []) as ParsedKey[]).filter(isShown));
      });
    }

    sign(
      key: ParsedKey,
      data: Buffer,
      options: SigningRequestOptions | SignCallback,
      done?: SignCallback,
    ): void {
      const settle = typeof options === 'function' ? options : done;
      const { hash } = typeof options === 'function' ? {} : options;
      if (key.type === 'ssh-rsa' && isWeak(hash)) settle?.(new SshError('SSH_SIGNATURE_REFUSED', { host }));
      else agent.sign(key, data, { ...(hash && { hash }) }, settle);
    }
  })();
}

/** Without a name of a hash, RSA keys sign with SHA-1. */
export function isWeak(hash: string | undefined): boolean {
  return hash === undefined || hash === 'sha1';
}
