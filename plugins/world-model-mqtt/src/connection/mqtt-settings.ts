import { readFile } from 'node:fs/promises';

/** How to reach a broker and who we are there. Empty texts mean none. */
export interface MqttSettings {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly isTls: boolean;
  /** Authority that signed the broker's certificate; none means those that Node trusts. */
  readonly caFile: string;
  /** Our own certificate, for brokers that ask for one. */
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** A file that cannot be read: says which setting names it. */
export interface UnreadableFile {
  readonly finding: string;
}

/** Read at every attempt: certificates are renewed while we run. */
export async function readTlsFiles(
  settings: MqttSettings,
  signal: AbortSignal,
): Promise<TlsFiles | UnreadableFile> {
  const files: { ca?: Buffer; cert?: Buffer; key?: Buffer } = {};
  if (!settings.isTls) return files;
  const named = [
    ['ca', settings.caFile, 'MQTT_CA_FILE'],
    ['cert', settings.certFile, 'MQTT_CERT_FILE'],
    ['key', settings.keyFile, 'MQTT_KEY_FILE'],
  ] as const;
  for (const [part, file, setting] of named) {
    if (file === '') continue;
    try {
      files[part] = await readFile(file, { signal });
    } catch (error) {
      signal.throwIfAborted();
      const { code } = error as NodeJS.ErrnoException;
      return { finding: `${setting} ${file} cannot be read (${String(code)})` };
    }
  }
  return files;
}
