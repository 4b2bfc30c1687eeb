import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { raceSignal } from '@tiercel/kernel';
import { SherpaError } from './errors.js';
import type { OfflineRecognizerConfig } from './sherpa-onnx.js';

export interface RecognizerThreadOptions {
  /** Name of the model, for messages. */
  readonly model: string;
  readonly config: OfflineRecognizerConfig;
  readonly signal?: AbortSignal | undefined;
}

export interface RecognizeRequest {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
  /** Language and task may differ from those at the start; all else must be the same. */
  readonly config: OfflineRecognizerConfig;
}

type Answer =
  | { readonly isReady: boolean; readonly finding?: string }
  | { readonly id: number; readonly text?: string; readonly finding?: string };

interface Pending {
  resolve(text: string): void;
  reject(error: Error): void;
}

const workerPath = fileURLToPath(new URL('../worker/recognizer.js', import.meta.url));

/**
 * One recognizer on a thread of its own. Handing over audio computes its features on the calling thread, 16 ms per second
 * of audio: long enough to be heard in the playout of others if it were the main thread.
 *
 * It is no fault boundary: what makes native code end the process ends it from here, too.
 */
export class RecognizerThread implements AsyncDisposable {
  readonly #model: string;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #loss: Error | undefined;
  #isReleased = false;

  private constructor(model: string, worker: Worker) {
    this.#model = model;
    this.#worker = worker;
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', (error) => this.#lose(error.message, error));
    worker.on('exit', (exitCode) => this.#lose(`exit code ${exitCode}`));
  }

  /** Loads the model. Throws SPEECH_ENGINE_LOAD_FAILED, or the signal's reason; then nothing stays open. */
  static async open({ model, config, signal }: RecognizerThreadOptions): Promise<RecognizerThread> {
    signal?.throwIfAborted();
    const worker = new Worker(workerPath, { workerData: { config }, name: `recognizer ${model}` });
    try {
      const answer = firstAnswer(worker, model);
      await (signal ? raceSignal(answer, signal) : answer);
    } catch (error) {
      // A load that was given up ends when the native call returns; nobody needs to wait for that.
      worker.on('error', () => undefined);
      void worker.terminate();
      throw error;
    }
    // An idle engine must not keep a process alive that has nothing else to do.
    worker.unref();
    return new RecognizerThread(model, worker);
  }

  /**
   * Text of one utterance. One call at a time: the configuration is set anew for each.
   * Rejects with SPEECH_ENGINE_WORKER_LOST when the thread ends, and with SPEECH_ENGINE_LOAD_FAILED when the engine refuses.
   */
  recognize({ samples, sampleRateHz, config }: RecognizeRequest): Promise<string> {
    if (this.#loss) return Promise.reject(this.#loss);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, samples, sampleRateHz, config });
    });
  }

  /** Waits for the call in progress, which cannot be stopped, then frees the model. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isReleased = true;
    await this.#worker.terminate();
  }

  #settle(answer: Answer): void {
    if (!('id' in answer)) return;
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (answer.text !== undefined) pending?.resolve(answer.text);
    else pending?.reject(refused(this.#model, answer.finding));
  }

  #lose(how: string, cause?: unknown): void {
    const finding = this.#isReleased ? 'it was released' : how;
    this.#loss ??= new SherpaError(
      'SPEECH_ENGINE_WORKER_LOST',
      { model: this.#model, finding },
      cause === undefined ? undefined : { cause },
    );
    for (const { reject } of this.#pending.values()) reject(this.#loss);
    this.#pending.clear();
  }
}

function firstAnswer(worker: Worker, model: string): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', (answer: { readonly isReady: boolean; readonly finding?: string }) => {
      if (answer.isReady) resolve();
      else reject(refused(model, answer.finding));
    });
    worker.once('error', (cause) => reject(refused(model, cause.message, cause)));
    worker.once('exit', (exitCode) => reject(refused(model, `its thread ended with exit code ${exitCode}`)));
  });
}

function refused(model: string, finding = 'it gave no reason', cause?: unknown): Error {
  return new SherpaError(
    'SPEECH_ENGINE_LOAD_FAILED',
    { model, finding },
    cause === undefined ? undefined : { cause },
  );
}
