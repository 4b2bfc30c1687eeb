import type { Frame } from '@tiercel/audio';
import { AudioInputError } from './errors.js';

/** Lets one reader at a time at a source of sound, as `AudioInput.capture` promises. */
export class CaptureLock {
  readonly #source: string;
  #isHeld = false;

  /** @param source named to whoever finds it busy */
  constructor(source: string) {
    this.#source = source;
  }

  /** Passes on what `open` gives, from the first read until the reader leaves; throws `AUDIO_INPUT_BUSY` meanwhile. */
  async *hold(
    signal: AbortSignal | undefined,
    open: () => AsyncIterable<Frame>,
  ): AsyncGenerator<Frame, void, undefined> {
    signal?.throwIfAborted();
    if (this.#isHeld) throw new AudioInputError('AUDIO_INPUT_BUSY', { source: this.#source });
    this.#isHeld = true;
    try {
      yield* open();
    } finally {
      this.#isHeld = false;
    }
  }
}
