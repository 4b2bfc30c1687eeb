import { type FileHandle, open } from 'node:fs/promises';
import { GgufError } from './errors.js';
import { FileCursor } from './file-cursor.js';
import { isQuantized, tensorBytes } from './tensor-bytes.js';

/** What the header of a GGUF file says. */
export interface GgufFile {
  readonly file: string;
  readonly version: number;
  readonly fileBytes: number;
  /** End of the last tensor: a complete file has at least this many bytes. */
  readonly neededBytes: number;
  readonly tensorBytes: number;
  /** The part of `tensorBytes` that llama.cpp may keep a second time, in an order that its processor reads faster. */
  readonly repackedBytes: number;
  readonly tensorCount: number;
  readonly architecture: string;
  /** Numbers, flags and texts of the header; of an array, its length. Keys as in the file, such as `llama.block_count`. */
  readonly facts: ReadonlyMap<string, number | boolean | string>;
  /** Short lists of numbers and flags, such as one figure per layer. */
  readonly lists: ReadonlyMap<string, readonly (number | boolean)[]>;
}

const MAGIC = 0x46554747; // "GGUF" as a little-endian number
const MAX_HEADER_BYTES = 256 * 1024 * 1024;
const MAX_ENTRIES = 1_000_000;
const MAX_TEXT_BYTES = 16 * 1024 * 1024;
const MAX_DIMENSIONS = 8;
/** More values than any model has layers: longer lists are vocabularies. */
const MAX_LIST = 1024;
const STRING = 8;
const ARRAY = 9;

type Scalar = readonly [bytes: number, read: (window: Buffer, at: number) => number | boolean];
const SCALARS: Readonly<Record<number, Scalar>> = {
  0: [1, (window, at) => window.readUInt8(at)],
  1: [1, (window, at) => window.readInt8(at)],
  2: [2, (window, at) => window.readUInt16LE(at)],
  3: [2, (window, at) => window.readInt16LE(at)],
  4: [4, (window, at) => window.readUInt32LE(at)],
  5: [4, (window, at) => window.readInt32LE(at)],
  6: [4, (window, at) => window.readFloatLE(at)],
  7: [1, (window, at) => window.readUInt8(at) !== 0],
  10: [8, (window, at) => Number(window.readBigUInt64LE(at))],
  11: [8, (window, at) => Number(window.readBigInt64LE(at))],
  12: [8, (window, at) => window.readDoubleLE(at)],
};

/**
 * Reads and checks the header of a GGUF file, so that a missing, foreign or cut file is a typed error here and never
 * reaches native code.
 */
export async function readGguf(file: string): Promise<GgufFile> {
  let handle: FileHandle;
  let fileBytes: number;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    throw new GgufError('GGUF_MISSING', { file }, { cause });
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw invalid(file, 'it is not a regular file');
    fileBytes = stat.size;
    const parsed = await new HeaderReader(file, fileBytes, new FileCursor(handle, MAX_HEADER_BYTES)).read();
    if (parsed.neededBytes > fileBytes) {
      throw new GgufError('GGUF_TRUNCATED', {
        file,
        bytes: fileBytes,
        neededBytes: parsed.neededBytes,
      });
    }
    return parsed;
  } finally {
    await handle.close();
  }
}

class HeaderReader {
  readonly #file: string;
  readonly #fileBytes: number;
  readonly #cursor: FileCursor;
  readonly #lists = new Map<string, readonly (number | boolean)[]>();

  constructor(file: string, fileBytes: number, cursor: FileCursor) {
    this.#file = file;
    this.#fileBytes = fileBytes;
    this.#cursor = cursor;
  }

  async read(): Promise<GgufFile> {
    if (this.#fileBytes < 24 || (await this.#number(4)) !== MAGIC) {
      throw invalid(this.#file, 'it does not begin with "GGUF"');
    }
    const version = await this.#number(4);
    if (version !== 2 && version !== 3) throw invalid(this.#file, `GGUF version ${version} is not 2 or 3`);
    const tensorCount = await this.#count('tensor count');
    const factCount = await this.#count('metadata count');
    const facts = new Map<string, number | boolean | string>();
    for (let i = 0; i < factCount; i++) {
      const key = await this.#text();
      facts.set(key, await this.#value(key, await this.#number(4)));
    }
    const tensors = await this.#tensors(tensorCount);
    const architecture = facts.get('general.architecture');
    if (typeof architecture !== 'string') throw invalid(this.#file, 'general.architecture is missing');
    if (tensorCount === 0) throw invalid(this.#file, 'it holds no tensors');
    checkFigures(this.#file, architecture, facts);
    const alignment = Number(facts.get('general.alignment') ?? 32);
    if (!(alignment > 0)) throw invalid(this.#file, 'general.alignment is not a positive number');
    const dataStart = Math.ceil(this.#cursor.position / alignment) * alignment;
    return {
      file: this.#file,
      version,
      fileBytes: this.#fileBytes,
      neededBytes: dataStart + tensors.end,
      tensorBytes: tensors.bytes,
      repackedBytes: tensors.repackedBytes,
      tensorCount,
      architecture,
      facts,
      lists: this.#lists,
    };
  }

  async #tensors(count: number): Promise<{ end: number; bytes: number; repackedBytes: number }> {
    let end = 0;
    let bytes = 0;
    let repackedBytes = 0;
    for (let i = 0; i < count; i++) {
      const name = await this.#text();
      const dimensions = await this.#number(4);
      if (dimensions > MAX_DIMENSIONS) throw invalid(this.#file, `a tensor has ${dimensions} dimensions`);
      let values = 1;
      for (let d = 0; d < dimensions; d++) values *= await this.#number(8);
      const type = await this.#number(4);
      const offset = await this.#number(8);
      const size = tensorBytes(type, values);
      if (!Number.isSafeInteger(offset + size)) throw invalid(this.#file, 'a tensor has an impossible size');
      end = Math.max(end, offset + size);
      bytes += size;
      // Rows of the vocabulary are looked up one by one, so they stay as they are.
      if (isQuantized(type) && !name.startsWith('token_embd')) repackedBytes += size;
    }
    return { end, bytes, repackedBytes };
  }

  async #value(key: string, type: number): Promise<number | boolean | string> {
    if (type === STRING) return this.#text();
    if (type === ARRAY) return this.#array(key);
    return this.#scalar(type);
  }

  async #array(key: string): Promise<number> {
    const type = await this.#number(4);
    const length = await this.#number(8);
    if (type === STRING) {
      for (let i = 0; i < length; i++) await this.#skip(await this.#number(8));
      return length;
    }
    const scalar = SCALARS[type];
    if (!scalar) throw invalid(this.#file, `an array has the unknown type ${type}`);
    if (length > MAX_LIST) await this.#skip(length * scalar[0]);
    else this.#lists.set(key, await this.#list(scalar, length));
    return length;
  }

  async #list([bytes, read]: Scalar, length: number): Promise<readonly (number | boolean)[]> {
    await this.#need(length * bytes);
    return Array.from({ length }, () => this.#cursor.take(bytes, read));
  }

  async #scalar(type: number): Promise<number | boolean> {
    const scalar = SCALARS[type];
    if (!scalar) throw invalid(this.#file, `a value has the unknown type ${type}`);
    await this.#need(scalar[0]);
    return this.#cursor.take(scalar[0], scalar[1]);
  }

  async #text(): Promise<string> {
    const length = await this.#number(8);
    if (length > MAX_TEXT_BYTES) throw invalid(this.#file, `a text claims ${length} bytes`);
    await this.#need(length);
    return this.#cursor.take(length, (window, at) => window.toString('utf8', at, at + length));
  }

  async #count(what: string): Promise<number> {
    const count = await this.#number(8);
    if (count > MAX_ENTRIES) throw invalid(this.#file, `its ${what} of ${count} is impossible`);
    return count;
  }

  async #number(bytes: 4 | 8): Promise<number> {
    await this.#need(bytes);
    return this.#cursor.take(bytes, (window, at) =>
      bytes === 4 ? window.readUInt32LE(at) : Number(window.readBigUInt64LE(at)),
    );
  }

  async #skip(bytes: number): Promise<void> {
    if (this.#cursor.position + bytes > this.#fileBytes) throw this.#cut(bytes);
    this.#cursor.skip(bytes);
  }

  async #need(bytes: number): Promise<void> {
    if (!(await this.#cursor.has(bytes))) throw this.#cut(bytes);
  }

  #cut(bytes: number): Error {
    return new GgufError('GGUF_TRUNCATED', {
      file: this.#file,
      bytes: this.#fileBytes,
      neededBytes: this.#cursor.position + bytes,
    });
  }
}

/** Figures that no real model has, and on which llama.cpp ends the process. */
function checkFigures(file: string, architecture: string, facts: ReadonlyMap<string, unknown>): void {
  const needed = ['context_length', 'embedding_length', 'block_count'];
  // Purely recurrent models have no attention and say so with a zero.
  if (!/mamba|rwkv|jamba/.test(architecture)) {
    needed.push('attention.head_count', 'attention.head_count_kv', 'feed_forward_length');
  }
  for (const name of needed) {
    const value = facts.get(`${architecture}.${name}`);
    if (typeof value === 'number' && value <= 0) throw invalid(file, `${architecture}.${name} is ${value}`);
  }
  const epsilon = facts.get(`${architecture}.attention.layer_norm_rms_epsilon`) ?? 0;
  if (typeof epsilon === 'number' && !(epsilon >= 0))
    throw invalid(file, 'its normalisation epsilon is negative');
}

function invalid(file: string, finding: string): Error {
  return new GgufError('GGUF_INVALID', { file, finding });
}
