import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Model, type ModelKind, ModelStoreError } from '@tiercel/capabilities/model-store';
import { WHISPER_LANGUAGES } from './catalogue/whisper-languages.js';
import type { OnnxHeader } from './formats/read-onnx-header.js';
import { formatName, inspectModelFile, type SniffedModelFile } from './formats/sniff-model-file.js';
import { errorCode } from './system-error.js';

/** Whether a model name is the path of a file or folder. */
export function isModelPath(name: string): boolean {
  return path.isAbsolute(name) || /^\.\.?[\\/]/.test(name);
}

/**
 * A model outside the catalogue. Its formats are checked and its facts read from the files, because an engine that is given
 * the wrong kind of file ends the process without a word.
 */
export async function locateByPath(
  name: string,
  options: { readonly kind: ModelKind; readonly signal?: AbortSignal | undefined },
): Promise<Model> {
  const folder = await ModelFolder.open(name, options.kind);
  options.signal?.throwIfAborted();
  const found = await FINDERS[options.kind](folder);
  options.signal?.throwIfAborted();
  return {
    name,
    kind: options.kind,
    directory: folder.directory,
    files: found.files,
    facts: found.facts,
    licence: 'unknown',
    sizeBytes: folder.checkedBytes,
  };
}

type Found = Pick<Model, 'files' | 'facts'>;

const FINDERS: Readonly<Record<ModelKind, (folder: ModelFolder) => Promise<Found>>> = {
  'voice-activity-detector': async (folder) => {
    const { file: model, header } = await folder.onnx('ONNX file', /\.onnx$/);
    folder.requireModelType(model, header, (type) => type === undefined);
    return { files: { model }, facts: { engine: 'silero', sampleRateHz: 16_000, windowSize: 512 } };
  },

  'speech-to-text': async (folder) => {
    await folder.refuseGguf();
    const { file: encoder, header } = await folder.onnx('encoder (*encoder*.onnx)', /encoder[^/]*\.onnx$/);
    folder.requireModelType(encoder, header, (type) => type?.startsWith('whisper') === true);
    const { file: decoder } = await folder.onnx('decoder (*decoder*.onnx)', /decoder[^/]*\.onnx$/);
    const tokens = await folder.plain('*tokens.txt', /tokens\.txt$/);
    return {
      files: { encoder, decoder, tokens },
      facts: { engine: 'whisper', sampleRateHz: 16_000, languages: whisperLanguages(header) },
    };
  },

  'text-to-speech': async (folder) => {
    const { file: model, header } = await folder.onnx('ONNX file', /\.onnx$/);
    folder.requireModelType(model, header, (type) => type === 'vits');
    const sampleRateHz = Number(header.metadata.get('sample_rate'));
    if (!(sampleRateHz > 0)) throw folder.corrupt(`${path.basename(model)} does not say its sample_rate`);
    const tokens = await folder.plain('tokens.txt', /^tokens\.txt$/);
    const dataDir =
      header.metadata.get('has_espeak') === '1' ? await folder.subfolder('espeak-ng-data') : undefined;
    const lexicon = folder.names.includes('lexicon.txt')
      ? await folder.plain('lexicon.txt', /^lexicon\.txt$/)
      : undefined;
    const language = header.metadata.get('voice')?.split('-')[0];
    return {
      files: { model, tokens, ...(dataDir ? { dataDir } : {}), ...(lexicon ? { lexicon } : {}) },
      facts: { engine: 'vits', sampleRateHz, ...(language ? { languages: [language] } : {}) },
    };
  },

  'language-model': async (folder) => {
    const model = await folder.gguf();
    return { files: { model }, facts: { engine: 'llama' } };
  },
};

function whisperLanguages(header: OnnxHeader): readonly string[] {
  if (header.metadata.get('is_multilingual') === '0') return ['en'];
  return header.metadata.get('all_language_codes')?.split(',').filter(Boolean) ?? WHISPER_LANGUAGES;
}

/** The folder that was named, or the folder of the file that was named. */
class ModelFolder {
  readonly directory: string;
  readonly names: readonly string[];
  checkedBytes = 0;
  readonly #name: string;
  readonly #kind: ModelKind;
  readonly #chosen: string | undefined;

  private constructor(
    name: string,
    kind: ModelKind,
    directory: string,
    names: readonly string[],
    chosen?: string,
  ) {
    this.#name = name;
    this.#kind = kind;
    this.directory = directory;
    this.names = names;
    this.#chosen = chosen;
  }

  static async open(name: string, kind: ModelKind): Promise<ModelFolder> {
    const target = path.resolve(name);
    try {
      const isFolder = (await stat(target)).isDirectory();
      const directory = isFolder ? target : path.dirname(target);
      const names = (await readdir(directory)).sort();
      return new ModelFolder(name, kind, directory, names, isFolder ? undefined : path.basename(target));
    } catch (error) {
      const code = errorCode(error);
      const finding =
        code === 'ENOENT' || code === 'ENOTDIR'
          ? 'the path does not exist'
          : `the path cannot be read (${code})`;
      const fix = 'Correct the path, or use a name from "tiercel models list".';
      throw new ModelStoreError('MODEL_MISSING', { model: name, finding, fix }, { cause: error });
    }
  }

  async onnx(what: string, pattern: RegExp): Promise<{ readonly file: string; readonly header: OnnxHeader }> {
    const name = this.#choose(what, pattern);
    const { format, onnx, sizeBytes } = await this.#inspect(name);
    if (format === 'gguf') throw this.#isGguf(name);
    if (format !== 'onnx' || !onnx) throw this.corrupt(`${name} is ${formatName(format)}, not an ONNX model`);
    if (onnx.isTruncated) throw this.corrupt(`${name} ends too early, after ${sizeBytes} bytes`);
    this.checkedBytes += sizeBytes;
    return { file: path.join(this.directory, name), header: onnx };
  }

  async gguf(): Promise<string> {
    const name = this.#choose('GGUF file', /\.gguf$/);
    const { format, sizeBytes } = await this.#inspect(name);
    if (format === 'onnx') throw this.#wrongKind(`${formatName(format)}, and a GGUF file is needed`);
    if (format !== 'gguf') throw this.corrupt(`${name} is ${formatName(format)}, not a GGUF model`);
    this.checkedBytes += sizeBytes;
    return path.join(this.directory, name);
  }

  async plain(what: string, pattern: RegExp): Promise<string> {
    const name = this.#only(
      what,
      this.names.filter((each) => pattern.test(each)),
    );
    const { format, sizeBytes } = await this.#inspect(name);
    if (format !== 'unknown') throw this.corrupt(`${name} is ${formatName(format)}`);
    this.checkedBytes += sizeBytes;
    return path.join(this.directory, name);
  }

  /** Somebody who names a GGUF file wants to hear what it is, not which files beside it are missing. */
  async refuseGguf(): Promise<void> {
    if (this.#chosen === undefined) return;
    const { format } = await this.#inspect(this.#chosen);
    if (format === 'gguf') throw this.#isGguf(this.#chosen);
  }

  async subfolder(name: string): Promise<string> {
    const target = path.join(this.directory, name);
    const stats = await stat(target).catch(() => undefined);
    if (!stats?.isDirectory()) throw this.#missing(`the folder ${name} is not beside the model`);
    return target;
  }

  /** `model_type` is what exporters for this engine note; other ONNX models have none. */
  requireModelType(file: string, header: OnnxHeader, isRight: (type: string | undefined) => boolean): void {
    const type = header.metadata.get('model_type');
    if (isRight(type)) return;
    const found =
      type === undefined ? 'an ONNX model that does not say its type' : `an ONNX model of type ${type}`;
    throw this.#wrongKind(`${found} (${path.basename(file)})`);
  }

  corrupt(finding: string): ModelStoreError {
    const fix =
      'Copy or download the file again; "tiercel models list" shows models that are checked by sha256.';
    return new ModelStoreError('MODEL_CORRUPT', { model: this.#name, findings: [finding], fix });
  }

  #choose(what: string, pattern: RegExp): string {
    // Speech recognition needs several files, so the one that was named only tells the folder.
    if (this.#chosen !== undefined && this.#kind !== 'speech-to-text') return this.#chosen;
    const candidates = this.names.filter((name) => pattern.test(name));
    // Parts of a split model are opened by their first.
    const firstPart = candidates.filter((name) => /-00001-of-\d+\.gguf$/.test(name));
    const quantised = candidates.filter((name) => name.includes('int8'));
    const preferred = [firstPart, quantised].find((names) => names.length === 1);
    return this.#only(what, preferred ?? candidates);
  }

  #only(what: string, candidates: readonly string[]): string {
    const [name, ...others] = candidates;
    if (name === undefined) throw this.#missing(`${this.directory} holds no ${what}`);
    if (others.length > 0)
      throw this.#missing(`${this.directory} holds more than one ${what}: ${candidates.join(', ')}`);
    return name;
  }

  async #inspect(name: string): Promise<SniffedModelFile> {
    try {
      return await inspectModelFile(path.join(this.directory, name));
    } catch (error) {
      throw this.#missing(`${name} cannot be read (${errorCode(error) ?? 'unknown reason'})`);
    }
  }

  #isGguf(name: string): ModelStoreError {
    return this.#wrongKind(`a language model (${name} is ${formatName('gguf')}), and an ONNX file is needed`);
  }

  #missing(finding: string): ModelStoreError {
    const fix = `Give the path of a complete model for ${this.#kind}, or use a name from "tiercel models list".`;
    return new ModelStoreError('MODEL_MISSING', { model: this.#name, finding, fix });
  }

  #wrongKind(found: string): ModelStoreError {
    return new ModelStoreError('MODEL_KIND_WRONG', { model: this.#name, expected: this.#kind, found });
  }
}
