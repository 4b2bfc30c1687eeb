import { writeFile } from 'node:fs/promises';
import { type Fact, type Tensor, type TinyArchitecture, tinyArchitectures } from './tiny-architectures.js';

export interface TinyGgufOptions {
  /** Default `llama`. */
  readonly architecture?: TinyArchitecture;
  readonly width?: number;
  readonly layers?: number;
  readonly contextTokens?: number;
  readonly seed?: number;
  /** Replaces header values, to make files that a loader must refuse. */
  readonly facts?: Readonly<Record<string, Fact>>;
  readonly chatTemplate?: string;
}

const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const BYTE = 6;
const CHAT_ML =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/**
 * Writes a real, loadable model whose weights are random: it says nonsense, but tokenizes, evaluates, obeys
 * grammars and reuses prefixes like any other. The same options always give the same bytes; the default is 0.5 MB.
 */
export async function writeTinyGguf(file: string, options: TinyGgufOptions = {}): Promise<void> {
  await writeFile(file, tinyGguf(options));
}

export function tinyGguf(options: TinyGgufOptions = {}): Buffer {
  const { architecture = 'llama', width = 64, layers = 2, contextTokens = 4096, seed = 7 } = options;
  const vocabulary = byteVocabulary();
  const shape = { width, layers, contextTokens, tokens: vocabulary.texts.length };
  const { facts: figures, tensors } = tinyArchitectures[architecture];
  const facts: Record<string, Fact> = {
    'general.architecture': architecture,
    'general.name': 'tiny',
    ...Object.fromEntries(
      Object.entries(figures(shape)).map(([name, fact]) => [`${architecture}.${name}`, fact]),
    ),
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.tokens': { texts: vocabulary.texts },
    'tokenizer.ggml.scores': { f32s: vocabulary.texts.map(() => 0) },
    'tokenizer.ggml.token_type': { i32s: vocabulary.types },
    'tokenizer.ggml.bos_token_id': { u32: 1 },
    'tokenizer.ggml.eos_token_id': { u32: 2 },
    'tokenizer.ggml.unknown_token_id': { u32: 0 },
    'tokenizer.ggml.add_bos_token': { bool: true },
    'tokenizer.ggml.add_space_prefix': { bool: false },
    'tokenizer.chat_template': options.chatTemplate ?? CHAT_ML,
    ...options.facts,
  };
  return assemble(facts, tensors(shape), randomNumbers(seed));
}

/** Every byte is a token, so any text can be written and read. */
function byteVocabulary(): { readonly texts: readonly string[]; readonly types: readonly number[] } {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  return {
    texts: ['<unk>', '<s>', '</s>', '<|im_start|>', '<|im_end|>', ...bytes, ...letters, '▁'],
    types: [
      UNKNOWN,
      CONTROL,
      CONTROL,
      CONTROL,
      CONTROL,
      ...bytes.map(() => BYTE),
      ...letters.map(() => NORMAL),
      NORMAL,
    ],
  };
}

function assemble(
  facts: Readonly<Record<string, Fact>>,
  tensors: readonly Tensor[],
  random: () => number,
): Buffer {
  const entries = Object.entries(facts).flatMap(([key, fact]) => [text(key), factBytes(fact)]);
  const infos: Buffer[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    const { name, dimensions } = tensor;
    infos.push(text(name), u32(dimensions.length), ...dimensions.map(u64), u32(0), u64(offset));
    offset += aligned(valueCount(tensor) * 4);
  }
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(Object.keys(facts).length),
    ...entries,
    ...infos,
  ]);
  const padding = Buffer.alloc(aligned(header.length) - header.length);
  return Buffer.concat([header, padding, ...tensors.map((tensor) => weights(tensor, random))]);
}

function weights(tensor: Tensor, random: () => number): Buffer {
  const { values: range } = tensor;
  const values = Float32Array.from({ length: valueCount(tensor) }, () =>
    'all' in range ? range.all : (random() - 0.5) * 2 * range.spread,
  );
  const bytes = Buffer.alloc(aligned(values.byteLength));
  bytes.set(new Uint8Array(values.buffer));
  return bytes;
}

function factBytes(fact: Fact): Buffer {
  if (typeof fact === 'string') return Buffer.concat([u32(8), text(fact)]);
  if ('u32' in fact) return Buffer.concat([u32(4), u32(fact.u32)]);
  if ('f32' in fact) return Buffer.concat([u32(6), f32(fact.f32)]);
  if ('bool' in fact) return Buffer.concat([u32(7), Buffer.from([fact.bool ? 1 : 0])]);
  if ('texts' in fact)
    return Buffer.concat([u32(9), u32(8), u64(fact.texts.length), ...fact.texts.map(text)]);
  if ('f32s' in fact) return Buffer.concat([u32(9), u32(6), u64(fact.f32s.length), ...fact.f32s.map(f32)]);
  if ('bools' in fact)
    return Buffer.concat([u32(9), u32(7), u64(fact.bools.length), Buffer.from(fact.bools.map(Number))]);
  return Buffer.concat([u32(9), u32(5), u64(fact.i32s.length), ...fact.i32s.map(u32)]);
}

function valueCount({ dimensions }: Tensor): number {
  return dimensions.reduce((product, size) => product * size, 1);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 32) * 32;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

/** mulberry32: small, fast, and the same everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
