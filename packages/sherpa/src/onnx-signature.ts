import { type FileHandle, open } from 'node:fs/promises';

/** What an ONNX file says about itself, without its weights. */
export interface OnnxSignature {
  readonly metadata: ReadonlyMap<string, string>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The file is no ONNX model (`foreign`), or the beginning of one (`truncated`). */
export class OnnxShapeError extends Error {
  readonly shape: 'foreign' | 'truncated';

  constructor(shape: 'foreign' | 'truncated') {
    super(shape);
    this.shape = shape;
  }
}

interface Field {
  readonly number: number;
  /** Where the content begins and ends. Both are the same for a number. */
  readonly start: number;
  readonly end: number;
}

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

const MODEL_GRAPH = 7;
const MODEL_METADATA = 14;
const MODEL_FIELDS = new Set([1, 2, 3, 4, 5, 6, MODEL_GRAPH, 8, MODEL_METADATA, 20, 25, 26]);
const GRAPH_INPUT = 11;
const GRAPH_OUTPUT = 12;

/** Longer names and values are not what we look for. */
const MAX_TEXT_BYTES = 64 * 1024;

/**
 * Reads the outline of an ONNX model (a protobuf message) and skips the weights. The native loader ends the process on files
 * that this refuses; a file of the right outline with damaged content still needs its checksum.
 */
export async function readOnnxSignature(path: string): Promise<OnnxSignature> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    return await readModel(new FileWindow(file), size);
  } finally {
    await file.close();
  }
}

async function readModel(file: FileWindow, size: number): Promise<OnnxSignature> {
  const metadata = new Map<string, string>();
  const inputs: string[] = [];
  const outputs: string[] = [];
  let hasGraph = false;
  for await (const field of fieldsOf(file, 0, size)) {
    if (!MODEL_FIELDS.has(field.number)) throw new OnnxShapeError('foreign');
    if (field.number === MODEL_METADATA) {
      const [key, value] = await textsOf(file, field, [1, 2]);
      if (key !== undefined) metadata.set(key, value ?? '');
    }
    if (field.number !== MODEL_GRAPH) continue;
    hasGraph = true;
    for await (const part of fieldsOf(file, field.start, field.end)) {
      if (part.number === GRAPH_INPUT) inputs.push(...(await nameOf(file, part)));
      if (part.number === GRAPH_OUTPUT) outputs.push(...(await nameOf(file, part)));
    }
  }
  if (!hasGraph) throw new OnnxShapeError(size === 0 ? 'truncated' : 'foreign');
  return { metadata, inputs, outputs };
}

async function nameOf(file: FileWindow, field: Field): Promise<readonly string[]> {
  const [name] = await textsOf(file, field, [1]);
  return name === undefined ? [] : [name];
}

/** The texts in the fields `numbers` of a message, in that order. */
async function textsOf(file: FileWindow, message: Field, numbers: readonly number[]) {
  const texts: (string | undefined)[] = numbers.map(() => undefined);
  for await (const field of fieldsOf(file, message.start, message.end)) {
    const index = numbers.indexOf(field.number);
    if (index >= 0 && field.end - field.start <= MAX_TEXT_BYTES) {
      texts[index] = new TextDecoder().decode(await file.read(field.start, field.end - field.start));
    }
  }
  return texts;
}

async function* fieldsOf(file: FileWindow, start: number, end: number): AsyncGenerator<Field> {
  let position = start;
  while (position < end) {
    const tag = await file.varint(position, end);
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    if (number === 0) throw new OnnxShapeError('foreign');
    let contentStart = tag.end;
    let contentEnd: number;
    if (wireType === BYTES) {
      const length = await file.varint(tag.end, end);
      contentStart = length.end;
      contentEnd = length.end + length.value;
    } else if (wireType === VARINT) {
      contentEnd = (await file.varint(tag.end, end)).end;
    } else if (wireType === FIXED_64 || wireType === FIXED_32) {
      contentEnd = tag.end + (wireType === FIXED_64 ? 8 : 4);
    } else {
      throw new OnnxShapeError('foreign');
    }
    // What is longer than the part that holds it was cut off, if the rest still looks like a model.
    if (contentEnd > end)
      throw new OnnxShapeError(start === 0 && !MODEL_FIELDS.has(number) ? 'foreign' : 'truncated');
    yield { number, start: contentStart, end: contentEnd };
    position = contentEnd;
  }
}

/** Reads small pieces of a large file, a block at a time. */
class FileWindow {
  static readonly #blockBytes = 64 * 1024;
  readonly #file: FileHandle;
  #block: Uint8Array = new Uint8Array();
  #start = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(start: number, length: number): Promise<Uint8Array> {
    if (start < this.#start || start + length > this.#start + this.#block.length) {
      const block = new Uint8Array(Math.max(length, FileWindow.#blockBytes));
      const { bytesRead } = await this.#file.read(block, 0, block.length, start);
      this.#block = block.subarray(0, bytesRead);
      this.#start = start;
    }
    return this.#block.subarray(start - this.#start, start - this.#start + length);
  }

  async varint(start: number, end: number): Promise<{ readonly value: number; readonly end: number }> {
    const bytes = await this.read(start, Math.min(10, end - start));
    let value = 0;
    let factor = 1;
    let position = start;
    for (const byte of bytes) {
      position++;
      value += (byte % 128) * factor;
      if (byte < 128) return { value, end: position };
      factor *= 128;
    }
    throw new OnnxShapeError(bytes.length < 10 ? 'truncated' : 'foreign');
  }
}
