import type ssh2 from 'ssh2';

/** The part of sshpk that is used. */
interface Sshpk {
  parsePrivateKey(data: string | Buffer, format: 'pkcs8'): { toString(format: 'openssh'): string };
}

/** Libraries that are loaded when the plugin is set up, or later. */
export interface SshLibrary {
  readonly ssh2: typeof ssh2;
  sshpk(): Promise<Sshpk>;
}

export async function loadSshLibrary(): Promise<SshLibrary> {
  const { default: library } = await import('ssh2');
  return { ssh2: library, sshpk: async () => (await import('sshpk')).default };
}
