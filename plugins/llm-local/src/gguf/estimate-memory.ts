import { MAX_CHUNK_TOKENS } from '../limits.js';
import type { GgufFile } from './read-gguf.js';

const MIB = 1024 * 1024;
/** Binding and llama.cpp itself, measured with a model of 0.5 MB. */
const ENGINE_MIB = 70;
/** The pages of the file, and their copy in the order that the CPU reads fastest. The system may take the first back. */
const WEIGHT_COPIES = 2;
/** Keys and values are kept as 16-bit floats. */
const KV_BYTES = 2;

/**
 * Resident memory that a model takes on the CPU, from the figures in its own header: weights, keys and values of every
 * slot, and the working memory of one batch.
 * @param options.contextTokens of one slot; slots do not share
 */
export function estimateMemoryMiB(
  gguf: GgufFile,
  options: { readonly contextTokens: number; readonly slots: number },
): number {
  const fact = (name: string, otherwise: number): number => {
    const value = gguf.facts.get(`${gguf.architecture}.${name}`);
    return typeof value === 'number' && value > 0 ? value : otherwise;
  };
  const width = fact('embedding_length', 4096);
  const layers = fact('block_count', 32);
  const heads = fact('attention.head_count', 32);
  const kvHeads = fact('attention.head_count_kv', heads);
  const keyLength = fact('attention.key_length', width / heads);
  const valueLength = fact('attention.value_length', width / heads);
  const vocabulary = Number(gguf.facts.get('tokenizer.ggml.tokens') ?? 32_000);
  const contextTokens = Math.min(options.contextTokens, fact('context_length', options.contextTokens));

  const kvPerToken = layers * kvHeads * (keyLength + valueLength) * KV_BYTES;
  const batchBytes = MAX_CHUNK_TOKENS * 4 * (vocabulary + 8 * width);
  const bytes = gguf.tensorBytes * WEIGHT_COPIES + kvPerToken * contextTokens * options.slots + batchBytes;
  return Math.ceil(bytes / MIB) + ENGINE_MIB;
}
