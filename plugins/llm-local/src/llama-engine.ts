import type { Log } from '@tiercel/capabilities/log';
import { estimateMemoryMiB, type GgufFile, modelMemory, readGguf } from '@tiercel/gguf';
import type { Llama, LlamaContext, LlamaLogLevel, LlamaModel, LlamaOptions } from 'node-llama-cpp';
import { ChatTemplate } from './chat-template.js';
import { ChunkSizer } from './chunk-sizer.js';
import { LlmLocalError } from './errors.js';
import { EvaluationGate } from './evaluation-gate.js';
import { MAX_CHUNK_TOKENS, MAX_SLOTS } from './limits.js';
import { LlamaSlot, type SharedEvaluation } from './llama-slot.js';
import { PrefillTurns } from './prefill-turns.js';

export type LlamaLibrary = typeof import('node-llama-cpp');

export interface EngineOptions {
  /** Absolute path of the GGUF file. */
  readonly file: string;
  /** Name for logs, errors and features. */
  readonly name: string;
  /** Of one slot. */
  readonly contextTokens: number;
  readonly slots: number;
  readonly threads: number;
  readonly gpu: 'auto' | 'cpu' | 'cuda' | 'vulkan' | 'metal';
  /** What the catalogue says; without it, the chat template decides. */
  readonly tools?: 'native' | 'none' | undefined;
}

/** A loaded model with its slots. Whoever opens it disposes it. */
export interface LlamaEngine extends AsyncDisposable {
  readonly name: string;
  readonly library: LlamaLibrary;
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly template: ChatTemplate;
  readonly slots: readonly LlamaSlot[];
  /** Of one slot; less than asked for where the model or the memory has less. */
  readonly contextTokens: number;
  readonly threads: number;
  /** About what it takes on the CPU, from the figures in its file. */
  readonly memoryMiB: number;
  /** Models with sliding-window, recurrent or hybrid layers evaluate every prompt from its beginning. */
  readonly reusesPrefix: boolean;
}

const MIN_CONTEXT_TOKENS = 256;
/** Kept states of models that cannot reuse a prefix. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024;
/** Models of these architectures embed, rank or see; they do not chat. */
const NOT_CHAT = /^(bert|nomic-bert|jina-bert|modern-bert|neo-bert|t5encoder|clip|whisper|wavtokenizer)/;

/**
 * Checks the file, then loads engine, model and context. Nothing is compiled or downloaded.
 * Throws an LLM_LOCAL error that says what is wrong with the file or the machine.
 */
export async function openLlamaEngine(
  options: EngineOptions,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<LlamaEngine> {
  const gguf = await readGguf(options.file);
  signal.throwIfAborted();
  const library = await loadLibrary(options.gpu);
  checkArchitecture(gguf, library);
  const complaints = new EngineLog(log);
  const llama = await openLlama(library, options, complaints);
  try {
    signal.throwIfAborted();
    return await loadModel({ library, llama, gguf, options, log, signal });
  } catch (error) {
    await llama.dispose();
    throw explain(error, { library, gguf, options, signal, complaint: complaints.last });
  }
}

/** Passes on what llama.cpp logs, and keeps its last complaint: the errors that it throws say less. */
class EngineLog {
  readonly #log: Log;
  #last: string | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  get last(): string | undefined {
    return this.#last;
  }

  readonly write: NonNullable<LlamaOptions['logger']> = (level, message) => {
    const line = message.trim();
    if (level === 'error' || level === 'fatal') {
      // The first complaint of a load is the cause, the following ones are its consequences.
      this.#last ??= line.split('\n')[0];
      this.#log.error('llama.cpp reports an error', { line });
    } else if (level === 'warn') {
      this.#log.debug('llama.cpp warns', { line });
    }
  };
}

async function loadLibrary(gpu: string): Promise<LlamaLibrary> {
  try {
    return await import('node-llama-cpp');
  } catch (cause) {
    throw new LlmLocalError('LLM_LOCAL_ENGINE_MISSING', { gpu, finding: messageOf(cause) }, { cause });
  }
}

function checkArchitecture(gguf: GgufFile, library: LlamaLibrary): void {
  const { file, architecture } = gguf;
  // A plain object of texts at run time; as a const enum it may not be listed.
  const { GgufArchitectureType } = library as unknown as {
    GgufArchitectureType: Readonly<Record<string, string>>;
  };
  const known = Object.values(GgufArchitectureType);
  if (!known.includes(architecture) || NOT_CHAT.test(architecture)) {
    const finding = `llama.cpp has no chat model of architecture "${architecture.slice(0, 40)}"`;
    throw new LlmLocalError('LLM_LOCAL_MODEL_UNSUPPORTED', { file, finding });
  }
  if (typeof gguf.facts.get('tokenizer.ggml.tokens') !== 'number') {
    throw new LlmLocalError('LLM_LOCAL_MODEL_UNSUPPORTED', { file, finding: 'it holds no vocabulary' });
  }
}

async function openLlama(
  library: LlamaLibrary,
  { gpu, threads }: EngineOptions,
  complaints: EngineLog,
): Promise<Llama> {
  try {
    return await library.getLlama({
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      gpu: gpu === 'cpu' ? false : gpu,
      // Left alone, llama.cpp takes at least 4, which on 2 cores is a hundred times slower.
      maxThreads: threads,
      // Its levels are plain texts at run time; the enum exists only for the compiler.
      logLevel: 'warn' as LlamaLogLevel,
      logger: complaints.write,
    });
  } catch (cause) {
    throw new LlmLocalError('LLM_LOCAL_ENGINE_MISSING', { gpu, finding: messageOf(cause) }, { cause });
  }
}

async function loadModel(parts: {
  readonly library: LlamaLibrary;
  readonly llama: Llama;
  readonly gguf: GgufFile;
  readonly options: EngineOptions;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<LlamaEngine> {
  const { library, llama, gguf, options, log, signal } = parts;
  const model = await llama.loadModel({ modelPath: gguf.file, loadSignal: signal });
  const wanted = Math.min(options.contextTokens, model.trainContextSize);
  const context = await model.createContext({
    contextSize: { min: Math.min(MIN_CONTEXT_TOKENS, wanted), max: wanted },
    sequences: options.slots,
    batchSize: MAX_CHUNK_TOKENS + options.slots,
    threads: { ideal: options.threads, min: 1 },
    createSignal: signal,
  });
  const contextTokens = Math.min(context.contextSize, wanted);
  if (contextTokens < options.contextTokens) {
    log.warn('the context is smaller than configured', { contextTokens, configured: options.contextTokens });
  }
  const shared: SharedEvaluation = {
    sizer: new ChunkSizer(),
    turns: new PrefillTurns(),
    gate: new EvaluationGate(),
    active: new Set(),
  };
  const sequences = Array.from({ length: options.slots }, () =>
    context.getSequence({ checkpoints: { maxMemory: CHECKPOINT_BYTES } }),
  );
  return {
    name: options.name,
    library,
    llama,
    model,
    template: new ChatTemplate(library, model, { tools: options.tools }),
    slots: sequences.map((sequence) => new LlamaSlot(sequence, shared)),
    contextTokens,
    threads: context.idealThreads,
    memoryMiB: estimateMemoryMiB(modelMemory(gguf), { contextTokens, slots: options.slots }),
    reusesPrefix: sequences.every(({ needsCheckpoints }) => !needsCheckpoints),
    [Symbol.asyncDispose]: () => release(llama, model, context),
  };
}

/** Memory on a GPU comes back only when each release has been awaited, the last opened first. */
async function release(llama: Llama, model: LlamaModel, context: LlamaContext): Promise<void> {
  await context.dispose();
  await model.dispose();
  await llama.dispose();
}

function explain(
  error: unknown,
  parts: {
    readonly library: LlamaLibrary;
    readonly gguf: GgufFile;
    readonly options: EngineOptions;
    readonly signal: AbortSignal;
    readonly complaint: string | undefined;
  },
): unknown {
  const { library, gguf, options, signal, complaint } = parts;
  if (signal.aborted) return signal.reason;
  const { file } = gguf;
  const { contextTokens, slots } = options;
  if (error instanceof library.InsufficientMemoryError) {
    const neededMiB = estimateMemoryMiB(modelMemory(gguf), { contextTokens, slots });
    return new LlmLocalError(
      'LLM_LOCAL_MEMORY_SHORT',
      { file, contextTokens, slots, neededMiB },
      { cause: error },
    );
  }
  const finding =
    slots > MAX_SLOTS
      ? `llama.cpp evaluates at most ${MAX_SLOTS} calls at once, and slots is ${slots}`
      : (complaint ?? messageOf(error));
  return new LlmLocalError('LLM_LOCAL_LOAD_FAILED', { file, finding }, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error);
}
