import { type Frame, joinPcm } from '@tiercel/audio';

/** Remembers the samples that an output has read until it says that they were played. As bounded as the output's buffer. */
export class PlayedSamples {
  #sampleRateHz = 16_000;
  #blocks: Int16Array[] = [];
  #taken = 0;

  async *passOn(frames: AsyncIterable<Frame>): AsyncGenerator<Frame, void, undefined> {
    for await (const frame of frames) {
      this.#sampleRateHz = frame.sampleRateHz;
      this.#blocks.push(frame.pcm);
      yield frame;
    }
  }

  /** What was played since the last call, if `played` samples have been by now. */
  take(played: number): { readonly pcm: Int16Array; readonly sampleRateHz: number } {
    const parts: Int16Array[] = [];
    for (let [block] = this.#blocks; block && this.#taken < played; [block] = this.#blocks) {
      const part = block.subarray(0, played - this.#taken);
      parts.push(part);
      this.#taken += part.length;
      if (part.length === block.length) this.#blocks.shift();
      else this.#blocks[0] = block.subarray(part.length);
    }
    return { pcm: joinPcm(parts), sampleRateHz: this.#sampleRateHz };
  }
}
