import { joinPcm, levelDbfs, samplesOf } from '@tiercel/audio';

export interface UtteranceCutterOptions {
  readonly sampleRateHz: number;
  /** Longest piece. */
  readonly maxPieceMs: number;
  /** How far before the end of a full piece the cut may lie. */
  readonly searchMs: number;
}

/** Pauses between words are about this long. */
const PAUSE_MS = 200;
const STEP_MS = 20;

/** Cuts a long utterance where it is quietest, so that no word falls between two pieces. */
export class UtteranceCutter {
  readonly #options: UtteranceCutterOptions;
  readonly #maxSamples: number;
  #blocks: Int16Array[] = [];
  #samples = 0;

  constructor(options: UtteranceCutterOptions) {
    this.#options = options;
    this.#maxSamples = samplesOf(options.maxPieceMs, options.sampleRateHz);
  }

  /** Takes the next samples and returns the pieces that are full, usually none. The samples are kept, not copied. */
  push(pcm: Int16Array): readonly Int16Array[] {
    if (pcm.length > 0) this.#blocks.push(pcm);
    this.#samples += pcm.length;
    const pieces: Int16Array[] = [];
    while (this.#samples >= this.#maxSamples) pieces.push(this.#cut());
    return pieces;
  }

  /** What is left at the end, or `undefined`. */
  flush(): Int16Array | undefined {
    if (this.#samples === 0) return undefined;
    const rest = joinPcm(this.#blocks);
    this.#blocks = [];
    this.#samples = 0;
    return rest;
  }

  #cut(): Int16Array {
    const all = joinPcm(this.#blocks);
    const { sampleRateHz, searchMs } = this.#options;
    const from = this.#maxSamples - samplesOf(searchMs, sampleRateHz);
    const end = quietestPoint(all.subarray(0, this.#maxSamples), from, sampleRateHz);
    this.#blocks = [all.subarray(end)];
    this.#samples = all.length - end;
    return all.subarray(0, end);
  }
}

/** Middle of the quietest pause from `from` on. */
function quietestPoint(pcm: Int16Array, from: number, sampleRateHz: number): number {
  const window = samplesOf(PAUSE_MS, sampleRateHz);
  const step = samplesOf(STEP_MS, sampleRateHz);
  let quietest = Number.POSITIVE_INFINITY;
  let point = pcm.length;
  for (let start = Math.max(0, from); start + window <= pcm.length; start += step) {
    const level = levelDbfs(pcm.subarray(start, start + window));
    if (level >= quietest) continue;
    quietest = level;
    point = start + Math.floor(window / 2);
  }
  return point;
}
