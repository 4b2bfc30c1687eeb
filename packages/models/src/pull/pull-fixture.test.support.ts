import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LocalModelStore } from '../local-model-store.js';
import { openModelStore } from '../open-model-store.js';
import { ModelServer } from './model-server.test.support.js';
import type { PullSettings } from './pull-model.js';

/** Bytes that begin like a GGUF file and are different for each seed. */
export function modelBytes(sizeBytes: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let index = 0, state = seed; index < sizeBytes; index += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    bytes[index] = state >>> 16;
  }
  bytes.write('GGUF', 'latin1');
  return bytes;
}

export const MODEL = 'tiny-model';
export const FILE = 'tiny.gguf';

/** A server that has one model of one file, and an empty models folder whose catalogue knows it. */
export class PullFixture implements AsyncDisposable {
  readonly bytes: Buffer;
  readonly directory: string;
  readonly server: ModelServer;

  private constructor(bytes: Buffer, directory: string, server: ModelServer) {
    this.bytes = bytes;
    this.directory = directory;
    this.server = server;
  }

  static async open(sizeBytes = 300_000): Promise<PullFixture> {
    const bytes = modelBytes(sizeBytes);
    const directory = await mkdtemp(path.join(tmpdir(), 'tiercel-models-'));
    const server = await ModelServer.open();
    server.put(`/${FILE}`, bytes);
    const fixture = new PullFixture(bytes, directory, server);
    await fixture.writeCatalogue();
    return fixture;
  }

  async writeCatalogue(
    file: { readonly url?: string; readonly sizeBytes?: number; readonly sha256?: string } = {},
  ) {
    const entry = {
      title: 'A tiny model',
      kind: 'language-model',
      licence: 'CC0-1.0',
      roles: { model: FILE },
      files: [
        {
          path: FILE,
          sizeBytes: this.bytes.length,
          sha256: createHash('sha256').update(this.bytes).digest('hex'),
          url: `${this.server.origin}/${FILE}`,
          ...file,
        },
      ],
    };
    await writeFile(
      path.join(this.directory, 'catalogue.json'),
      JSON.stringify({ models: { [MODEL]: entry } }),
    );
  }

  /** A store that downloads from the server and never waits between tries. */
  store(pull: Partial<PullSettings> = {}): Promise<LocalModelStore> {
    return openModelStore({
      directory: this.directory,
      starterDirectory: path.join(this.directory, 'no-starter-models'),
      pull: {
        hosts: ['127.0.0.1'],
        delay: async () => undefined,
        deadlines: { connectMs: 30_000, headersMs: 30_000, stallMs: 30_000, stallBytes: 1_000 },
        ...pull,
      },
    });
  }

  get target(): string {
    return path.join(this.directory, MODEL, FILE);
  }

  /** Whether the file lies there, byte by byte. */
  async isComplete(): Promise<boolean> {
    return (await this.read())?.equals(this.bytes) ?? false;
  }

  /** What lies there now, or `undefined`. */
  async read(suffix = ''): Promise<Buffer | undefined> {
    return readFile(`${this.target}${suffix}`).catch(() => undefined);
  }

  /** Puts a file into the model's folder. */
  async write(bytes: Buffer | string, suffix = ''): Promise<void> {
    await mkdir(path.dirname(this.target), { recursive: true });
    await writeFile(`${this.target}${suffix}`, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true });
  }
}
