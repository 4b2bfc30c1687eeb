import type { GgufFile } from './read-gguf.js';

/** What a model takes from memory on the CPU, in figures that are enough to plan with: nobody needs the file any more. */
export interface ModelMemory {
  /** Weights and working memory, however it is configured. */
  readonly fixedMiB: number;
  /** Keys and values of one token of context in one slot. */
  readonly bytesPerToken: number;
  /** The same of layers that see only the latest `windowTokens`. */
  readonly windowBytesPerToken: number;
  readonly windowTokens: number;
  /** What a slot takes however long its context is: the states of recurrent layers. */
  readonly slotBytes: number;
  /** More context than the model was trained for is never given. */
  readonly maxContextTokens: number;
}

const MIB = 1024 * 1024;
/** What llama.cpp evaluates at once. */
const BATCH_TOKENS = 256;
/** Binding and llama.cpp itself, measured with a model of 0.5 MB. */
const ENGINE_MIB = 60;
/** Intermediate results of one prompt token, in rows as wide as the model. */
const ROWS_PER_TOKEN = 8;
/** Keys and values are kept as 16-bit floats, everything else as 32-bit floats. */
const KV_BYTES = 2;
const FLOAT_BYTES = 4;
/** llama.cpp makes windows whole multiples of this. */
const WINDOW_STEP = 256;
/** Where the header does not say which layers see everything: every how many-th, as compiled into llama.cpp. */
const FULL_EVERY: Readonly<Record<string, number>> = { gemma2: 2, gemma3: 6, cohere2: 4, 'gpt-oss': 2 };

/** Resident memory of a model whose slots have `contextTokens` each; slots do not share. */
export function estimateMemoryMiB(
  memory: ModelMemory,
  { contextTokens, slots }: { readonly contextTokens: number; readonly slots: number },
): number {
  const tokens = Math.min(contextTokens, memory.maxContextTokens);
  const windowTokens = Math.min(tokens, memory.windowTokens);
  const slotBytes =
    memory.bytesPerToken * tokens + memory.windowBytesPerToken * windowTokens + memory.slotBytes;
  return memory.fixedMiB + Math.ceil((slotBytes * slots) / MIB);
}

/** Reads out of a header what its model takes. */
export function modelMemory(gguf: GgufFile): ModelMemory {
  const figures = new Figures(gguf);
  const layers = Array.from({ length: figures.number('block_count', 32) }, (_, layer) => layer);
  const kv = layers.map((layer) => ({
    bytes: figures.kvBytesOf(layer),
    isWindow: figures.isWindow(layer),
  }));
  const sumOf = (isWindow: boolean) =>
    kv.reduce((sum, layer) => sum + (layer.isWindow === isWindow ? layer.bytes : 0), 0);
  const recurrentLayers = kv.filter(({ bytes }) => bytes === 0).length;
  const batchBytes = BATCH_TOKENS * ROWS_PER_TOKEN * figures.width * FLOAT_BYTES;
  const fixedBytes = gguf.tensorBytes + gguf.repackedBytes + batchBytes;
  return {
    fixedMiB: Math.ceil(fixedBytes / MIB) + ENGINE_MIB,
    bytesPerToken: sumOf(false),
    windowBytesPerToken: sumOf(true),
    windowTokens: Math.ceil((figures.window + BATCH_TOKENS) / WINDOW_STEP) * WINDOW_STEP,
    slotBytes: recurrentLayers * figures.stateBytes,
    maxContextTokens: figures.number('context_length', Number.MAX_SAFE_INTEGER),
  };
}

/** The figures of one architecture, with what llama.cpp takes where the header is silent. */
class Figures {
  readonly #gguf: GgufFile;

  constructor(gguf: GgufFile) {
    this.#gguf = gguf;
  }

  /** A figure of the whole model. Only figures above 0 count. */
  number(name: string, otherwise: number): number {
    const value = this.#gguf.facts.get(`${this.#gguf.architecture}.${name}`);
    return typeof value === 'number' && value > 0 ? value : otherwise;
  }

  get width(): number {
    return this.number('embedding_length', 4096);
  }

  get window(): number {
    return this.number('attention.sliding_window', 0);
  }

  isWindow(layer: number): boolean {
    if (this.window === 0) return false;
    const pattern = this.#list('attention.sliding_window_pattern');
    if (pattern) return Boolean(pattern[layer % pattern.length]);
    const fullEvery = this.number(
      'attention.sliding_window_pattern',
      FULL_EVERY[this.#gguf.architecture] ?? 1,
    );
    return layer % fullEvery < fullEvery - 1;
  }

  /** Keys and values of one token in one layer; 0 where the layer keeps a state instead. */
  kvBytesOf(layer: number): number {
    const heads = this.#ofLayer('attention.head_count', layer, 0);
    const isState = (layer + 1) % this.number('full_attention_interval', 1) !== 0;
    if (heads === 0 || isState) return 0;
    const kvHeads = this.#ofLayer('attention.head_count_kv', layer, heads);
    const headLength = this.width / heads;
    const keyLength = this.number('attention.key_length', headLength);
    const valueLength = this.number('attention.value_length', headLength);
    return kvHeads * (keyLength + valueLength) * KV_BYTES;
  }

  /** State of one recurrent layer. */
  get stateBytes(): number {
    const inner = this.number('ssm.inner_size', 0);
    const state = this.number('ssm.state_size', 0);
    const groups = this.number('ssm.group_count', 0);
    const convolution = (this.number('ssm.conv_kernel', 1) - 1) * (inner + 2 * groups * state);
    const wkv = this.number('wkv.head_size', 0);
    const shifts = wkv && this.number('token_shift_count', 2);
    const short = (this.number('shortconv.l_cache', 1) - 1) * this.width;
    return (convolution + state * inner + this.width * (wkv + shifts) + short) * FLOAT_BYTES;
  }

  /** A figure that may differ from layer to layer; 0 is a value there. */
  #ofLayer(name: string, layer: number, otherwise: number): number {
    const list = this.#list(name);
    if (list) return Number(list[layer] ?? otherwise);
    const value = this.#gguf.facts.get(`${this.#gguf.architecture}.${name}`);
    return typeof value === 'number' ? value : otherwise;
  }

  #list(name: string): readonly (number | boolean)[] | undefined {
    return this.#gguf.lists.get(`${this.#gguf.architecture}.${name}`);
  }
}
