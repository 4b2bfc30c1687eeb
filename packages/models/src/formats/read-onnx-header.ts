import type { FileHandle } from 'node:fs/promises';

export interface OnnxHeader {
  /** What the exporter noted, such as `model_type` or `sample_rate`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Whether the file ends before the model does. */
  readonly isTruncated: boolean;
}

const IR_VERSION = 1;
const GRAPH = 7;
const METADATA = 14;
const HIGHEST_FIELD = 26;
const MAX_FIELDS = 500;
const MAX_ENTRY_BYTES = 65_536;

/**
 * Walks the outermost protobuf fields of an ONNX model; the graph itself is stepped over, so a large file costs a few reads.
 * Gives `undefined` for anything else.
 */
export async function readOnnxHeader(file: FileHandle): Promise<OnnxHeader | undefined> {
  const { size } = await file.stat();
  const metadata = new Map<string, string>();
  let position = 0;
  let hasGraph = false;
  for (let count = 0; position < size && count < MAX_FIELDS; count += 1) {
    const bytes = await readAt(file, position, 20);
    const reader = new WireReader(bytes);
    const tag = reader.varint();
    const value = reader.varint();
    if (tag === undefined || value === undefined) return undefined;
    const field = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (field === 0 || field > HIGHEST_FIELD) return undefined;
    if (count === 0 && (field !== IR_VERSION || wireType !== 0 || value < 1 || value > 100)) return undefined;
    position += reader.offset;
    if (wireType === 0) continue;
    if (wireType !== 2) return undefined;
    if (field === GRAPH) hasGraph = true;
    if (position + value > size) return hasGraph ? { metadata, isTruncated: true } : undefined;
    if (field === METADATA && value <= MAX_ENTRY_BYTES)
      addEntry(metadata, await readAt(file, position, value));
    position += value;
  }
  // A file cut inside its tail has lost the metadata or the operator set, never only a part of a field.
  return hasGraph ? { metadata, isTruncated: false } : undefined;
}

function addEntry(metadata: Map<string, string>, bytes: Buffer): void {
  const reader = new WireReader(bytes);
  const key = reader.text(1);
  const value = reader.text(2);
  if (key !== undefined && value !== undefined) metadata.set(key, value);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

class WireReader {
  readonly #bytes: Buffer;
  offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  varint(): number | undefined {
    let value = 0;
    for (let index = 0; index < 8; index += 1) {
      const byte = this.#bytes[this.offset];
      if (byte === undefined) return undefined;
      this.offset += 1;
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    return undefined;
  }

  text(field: number): string | undefined {
    if (this.varint() !== field * 8 + 2) return undefined;
    const length = this.varint();
    if (length === undefined || this.offset + length > this.#bytes.length) return undefined;
    const text = this.#bytes.toString('utf8', this.offset, this.offset + length);
    this.offset += length;
    return text;
  }
}
