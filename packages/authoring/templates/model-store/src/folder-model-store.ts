import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type Model,
  type ModelKind,
  type ModelStore,
  ModelStoreError,
} from '@tiercel/capabilities/model-store';

/** Content of a `model.json`. */
interface Description {
  readonly kind: ModelKind;
  readonly licence: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  /** By role; paths count from the folder of the model. */
  readonly files: Readonly<Record<string, { readonly path: string; readonly sha256: string }>>;
}

interface LocateOptions {
  readonly kind: ModelKind;
  readonly signal?: AbortSignal | undefined;
}

/** Models lie in one folder each, beside a `model.json` that says what they are and what their files must hash to. */
export class FolderModelStore implements ModelStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = path.resolve(directory);
  }

  async locate(name: string, { kind, signal }: LocateOptions): Promise<Model> {
    signal?.throwIfAborted();
    const directory = await this.#folderOf(name);
    const described = await this.#describe(name, directory);
    if (described.kind !== kind) {
      const found = `a ${described.kind} model`;
      throw new ModelStoreError('MODEL_KIND_WRONG', { model: name, expected: kind, found });
    }
    const entries = Object.entries(described.files);
    const files = entries.map(([role, file]) => [role, path.join(directory, file.path)] as const);
    const sizes = await Promise.all(files.map(([, file]) => this.#sizeOf(name, file)));
    await this.#verify(name, directory, described, signal);
    return {
      name,
      kind,
      directory,
      files: Object.fromEntries(files),
      facts: described.facts ?? {},
      licence: described.licence,
      sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    };
  }

  async #folderOf(name: string): Promise<string> {
    if (path.isAbsolute(name) || /^\.\.?[\\/]/.test(name)) return path.resolve(name);
    const known = await readdir(this.#directory).catch((): string[] => []);
    if (!known.includes(name)) throw new ModelStoreError('MODEL_UNKNOWN', { model: name, known });
    return path.join(this.#directory, name);
  }

  async #describe(name: string, directory: string): Promise<Description> {
    let text: string;
    try {
      text = await readFile(path.join(directory, 'model.json'), 'utf8');
    } catch (cause) {
      const finding = `there is no model.json in ${directory}`;
      throw new ModelStoreError(
        'MODEL_MISSING',
        { model: name, finding, fix: 'Correct the path.' },
        { cause },
      );
    }
    const value = parse(text);
    if (value) return value;
    const findings = ['model.json does not name kind, licence and files with their sha256'];
    throw new ModelStoreError('MODEL_CORRUPT', { model: name, findings, fix: 'Mend model.json.' });
  }

  async #sizeOf(name: string, file: string): Promise<number> {
    try {
      return (await stat(file)).size;
    } catch (cause) {
      const fix = `Copy the file there, or get the model with "tiercel models pull ${name}".`;
      throw new ModelStoreError('MODEL_MISSING', { model: name, finding: `no file ${file}`, fix }, { cause });
    }
  }

  async #verify(
    name: string,
    directory: string,
    { files }: Description,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const findings: string[] = [];
    for (const file of Object.values(files)) {
      const sum = createHash('sha256');
      await pipeline(createReadStream(path.join(directory, file.path)), sum, { signal }).catch((error) => {
        signal?.throwIfAborted();
        throw error;
      });
      if (sum.digest('hex') !== file.sha256) findings.push(`${file.path} has another sha256`);
    }
    if (findings.length === 0) return;
    const fix = `Copy these files again, or get the model with "tiercel models pull ${name}".`;
    throw new ModelStoreError('MODEL_CORRUPT', { model: name, findings, fix });
  }
}

/** `undefined` where it is no description of a model. */
function parse(text: string): Description | undefined {
  try {
    const value = JSON.parse(text) as Partial<Description>;
    const isSound =
      typeof value.kind === 'string' &&
      typeof value.licence === 'string' &&
      Object.values(value.files ?? {}).length > 0 &&
      Object.values(value.files ?? {}).every(
        (file) => typeof file?.path === 'string' && typeof file.sha256 === 'string',
      );
    return isSound ? (value as Description) : undefined;
  } catch {
    return undefined;
  }
}
