/** One value of a GGUF header. */
export type Fact =
  | string
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly texts: readonly string[] }
  | { readonly f32s: readonly number[] }
  | { readonly i32s: readonly number[] }
  | { readonly bools: readonly boolean[] };

export interface Tensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  /** Random values in this range around 0, or the same value everywhere. */
  readonly values: { readonly spread: number } | { readonly all: number };
}

export interface Shape {
  readonly width: number;
  readonly layers: number;
  readonly contextTokens: number;
  /** Tokens of the vocabulary. */
  readonly tokens: number;
}

interface Architecture {
  facts(shape: Shape): Readonly<Record<string, Fact>>;
  tensors(shape: Shape): readonly Tensor[];
}

const HEADS = 4;
const KV_HEADS = 2;
const WINDOW = 64;
const STATE = 16;
const CONVOLUTION = 4;

export type TinyArchitecture = keyof typeof tinyArchitectures;

/** The tensors and figures of real architectures, as llama.cpp expects them: three of attention, one of windows, one without any. */
export const tinyArchitectures = {
  llama: {
    facts: (shape) => common(shape, HEADS),
    tensors: (shape) => [...transformer(shape, HEADS, () => []), matrix('output', shape.width, shape.tokens)],
  },
  /** Grouped heads, biases, and an output that shares its weights with the input. */
  qwen2: {
    facts: (shape) => common(shape, KV_HEADS),
    tensors: (shape) =>
      transformer(shape, KV_HEADS, (block) => [
        vector(`${block}.attn_q.bias`, shape.width),
        vector(`${block}.attn_k.bias`, kvWidth(shape)),
        vector(`${block}.attn_v.bias`, kvWidth(shape)),
      ]),
  },
  /** Grouped heads of a length of their own, each with a norm. */
  qwen3: {
    facts: (shape) => ({ ...common(shape, KV_HEADS), ...headLengths(shape) }),
    tensors: (shape) => transformer(shape, KV_HEADS, (block) => headNorms(block, shape)),
  },
  /** Most layers see the latest tokens only. */
  gemma3: {
    facts: (shape) => ({
      ...common(shape, KV_HEADS),
      ...headLengths(shape),
      'attention.sliding_window': { u32: WINDOW },
    }),
    tensors: (shape) =>
      transformer(shape, KV_HEADS, (block) => [
        ...headNorms(block, shape),
        norm(`${block}.post_attention_norm`, shape.width),
        norm(`${block}.post_ffw_norm`, shape.width),
      ]),
  },
  /** No attention at all: everything that was read is in a state. */
  mamba: {
    facts: (shape) => ({
      context_length: { u32: shape.contextTokens },
      embedding_length: { u32: shape.width },
      block_count: { u32: shape.layers },
      feed_forward_length: { u32: 0 },
      'attention.head_count': { u32: 0 },
      'attention.layer_norm_rms_epsilon': { f32: 1e-5 },
      'ssm.conv_kernel': { u32: CONVOLUTION },
      'ssm.inner_size': { u32: 2 * shape.width },
      'ssm.state_size': { u32: STATE },
      'ssm.time_step_rank': { u32: shape.width / 16 },
      vocab_size: { u32: shape.tokens },
    }),
    tensors: stateSpace,
  },
} as const satisfies Readonly<Record<string, Architecture>>;

function common(
  { width, layers, contextTokens, tokens }: Shape,
  kvHeads: number,
): Readonly<Record<string, Fact>> {
  return {
    context_length: { u32: contextTokens },
    embedding_length: { u32: width },
    block_count: { u32: layers },
    feed_forward_length: { u32: width * 2 },
    'attention.head_count': { u32: HEADS },
    'attention.head_count_kv': { u32: kvHeads },
    'attention.layer_norm_rms_epsilon': { f32: 1e-5 },
    'rope.dimension_count': { u32: width / HEADS },
    vocab_size: { u32: tokens },
  };
}

function headLengths({ width }: Shape): Readonly<Record<string, Fact>> {
  return { 'attention.key_length': { u32: width / HEADS }, 'attention.value_length': { u32: width / HEADS } };
}

function kvWidth({ width }: Shape): number {
  return (width / HEADS) * KV_HEADS;
}

function transformer(
  { width, layers, tokens }: Shape,
  kvHeads: number,
  more: (block: string) => readonly Tensor[],
): readonly Tensor[] {
  const kv = (width / HEADS) * kvHeads;
  return [
    matrix('token_embd', width, tokens),
    ...blocks(layers, (block) => [
      norm(`${block}.attn_norm`, width),
      matrix(`${block}.attn_q`, width, width),
      matrix(`${block}.attn_k`, width, kv),
      matrix(`${block}.attn_v`, width, kv),
      matrix(`${block}.attn_output`, width, width),
      norm(`${block}.ffn_norm`, width),
      matrix(`${block}.ffn_gate`, width, width * 2),
      matrix(`${block}.ffn_up`, width, width * 2),
      matrix(`${block}.ffn_down`, width * 2, width),
      ...more(block),
    ]),
    norm('output_norm', width),
  ];
}

function stateSpace({ width, layers, tokens }: Shape): readonly Tensor[] {
  const inner = 2 * width;
  const rank = width / 16;
  return [
    matrix('token_embd', width, tokens),
    ...blocks(layers, (block) => [
      norm(`${block}.attn_norm`, width),
      matrix(`${block}.ssm_in`, width, 2 * inner),
      matrix(`${block}.ssm_conv1d`, CONVOLUTION, inner),
      vector(`${block}.ssm_conv1d.bias`, inner),
      matrix(`${block}.ssm_x`, inner, rank + 2 * STATE),
      matrix(`${block}.ssm_dt`, rank, inner),
      vector(`${block}.ssm_dt.bias`, inner),
      // States decay: with random signs they would grow without end.
      { name: `${block}.ssm_a`, dimensions: [STATE, inner], values: { all: -1 } },
      vector(`${block}.ssm_d`, inner),
      matrix(`${block}.ssm_out`, inner, width),
    ]),
    norm('output_norm', width),
  ];
}

function headNorms(block: string, { width }: Shape): readonly Tensor[] {
  return [norm(`${block}.attn_q_norm`, width / HEADS), norm(`${block}.attn_k_norm`, width / HEADS)];
}

function blocks(layers: number, tensors: (block: string) => readonly Tensor[]): readonly Tensor[] {
  return Array.from({ length: layers }, (_, layer) => tensors(`blk.${layer}`)).flat();
}

function matrix(name: string, rows: number, columns: number): Tensor {
  return { name: `${name}.weight`, dimensions: [rows, columns], values: { spread: 2 / Math.sqrt(rows) } };
}

function vector(name: string, length: number): Tensor {
  return { name, dimensions: [length], values: { spread: 0.1 } };
}

function norm(name: string, length: number): Tensor {
  return { name: `${name}.weight`, dimensions: [length], values: { all: 1 } };
}
