import { type Frame, RoomNoise } from '@tiercel/audio';
import type { Clock } from '@tiercel/capabilities/clock';

/** A room goes on sounding for a while, and so do the buffers of loudspeakers. */
const REVERBERATION_MS = 300;

/**
 * Keeps an assistant from hearing itself where nothing removes its own voice from the microphone: frames that were heard
 * while it sounded are replaced by quiet noise of the same length.
 */
export class EchoMute {
  readonly #clock: Clock;
  readonly #isSounding: () => boolean;
  readonly #noise = new RoomNoise({ levelDbfs: -62 });
  #soundedMs = Number.NEGATIVE_INFINITY;

  constructor({ clock, isSounding }: { readonly clock: Clock; readonly isSounding: () => boolean }) {
    this.#clock = clock;
    this.#isSounding = isSounding;
  }

  pass(frame: Frame): Frame {
    const nowMs = this.#clock.nowMs();
    if (this.#isSounding()) this.#soundedMs = nowMs;
    if (nowMs - this.#soundedMs > REVERBERATION_MS) return frame;
    return { ...frame, pcm: this.#noise.next(frame.pcm.length) };
  }
}
