import type { Frame } from '@tiercel/audio';

/** Gives its frames, then stays silent for ever; tells what its reader does. */
export class WatchedSource implements AsyncIterable<Frame> {
  readonly #frames: readonly Frame[];
  readonly isDry: Promise<void>;
  #dry: () => void = () => undefined;
  reads = 0;
  isClosed = false;

  constructor(frames: readonly Frame[]) {
    this.#frames = frames;
    this.isDry = new Promise((resolve) => {
      this.#dry = resolve;
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return {
      next: async () => {
        const value = this.#frames[this.reads++];
        if (value) return { done: false, value };
        this.#dry();
        return new Promise<IteratorResult<Frame>>(() => undefined);
      },
      return: async () => {
        this.isClosed = true;
        return { done: true, value: undefined };
      },
    };
  }
}

/** Gives its frames, then ends. */
export async function* streamOf(frames: readonly Frame[]): AsyncGenerator<Frame> {
  yield* frames;
}
