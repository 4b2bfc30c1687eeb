import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import { createCarefulAgent, isWeak } from './careful-agent.js';
import { SshError } from './errors.js';
import type { PrivateKeys } from './private-key.js';
import type { HostSettings } from './settings.js';
import type { SshLibrary } from './ssh-library.js';

/** One way to log in, and how texts call it. */
export interface LoginMethod {
  readonly title: string;
  readonly method: AnyAuthMethod;
}

export interface LoginSources {
  readonly library: SshLibrary;
  readonly privateKeys: PrivateKeys;
  /** Socket of the agent; empty without one. */
  readonly agentSocket: string;
}

/** How to log in to a host, best first: the agent, then its key file. Passwords are never tried. */
export async function loginMethods(
  { name: host, user: username, useAgent, agentKeySha256, identityFile }: HostSettings,
  { library, privateKeys, agentSocket }: LoginSources,
): Promise<readonly LoginMethod[]> {
  const methods: LoginMethod[] = [];
  if (useAgent && agentSocket !== '') {
    const agent = createCarefulAgent(library, { host, socket: agentSocket, onlySha256: agentKeySha256 });
    methods.push({ title: 'the agent', method: { type: 'agent', username, agent } });
  }
  if (identityFile !== undefined) {
    const key = carefulKey(await privateKeys.read(identityFile), host);
    methods.push({ title: identityFile, method: { type: 'publickey', username, key } });
  }
  return methods;
}

/** The same key; it does not sign with SHA-1, which the library does for hosts that do not say what they take. */
function carefulKey(key: ParsedKey, host: string): ParsedKey {
  if (key.type !== 'ssh-rsa') return key;
  return Object.create(key, {
    sign: {
      value: (data: Buffer, hash?: string) =>
        isWeak(hash) ? new SshError('SSH_SIGNATURE_REFUSED', { host }) : key.sign(data, hash),
    },
  });
}
