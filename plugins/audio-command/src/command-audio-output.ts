import { bytesFromInt16 } from '@tiercel/audio';
import { AudioOutputError, Playout, type PlayoutSink } from '@tiercel/capabilities/audio-output';
import type { Clock } from '@tiercel/capabilities/clock';
import type { FoundProgram } from './find-program.js';
import { RunningProgram } from './running-program.js';

export interface CommandAudioOutputOptions {
  /** Called for each attempt, so that a machine without a loudspeaker needs no program for one. */
  readonly find: () => Promise<FoundProgram>;
  readonly device: string;
  readonly sampleRateHz: number;
  readonly clock: Clock;
  /** Longest wait for the program to take samples, or to end after the last one. */
  readonly timeoutMs: number;
}

/** What is under way in the program and the device: less runs dry, more keeps sounding after a cut. */
const LEAD_MS = 100;

/** The loudspeaker, through a program that plays raw samples from its standard input: one run per attempt. */
export class CommandAudioOutput extends Playout {
  constructor(options: CommandAudioOutputOptions) {
    super({
      features: { sampleRateHz: options.sampleRateHz, isPaced: true, countsPlayed: false },
      sink: new ProgramSink(options),
      clock: options.clock,
      leadMs: LEAD_MS,
    });
  }
}

class ProgramSink implements PlayoutSink {
  readonly #options: CommandAudioOutputOptions;
  #running: RunningProgram | undefined;

  constructor(options: CommandAudioOutputOptions) {
    this.#options = options;
  }

  async write(pcm: Int16Array): Promise<void> {
    const { find, device, sampleRateHz, clock } = this.#options;
    this.#running ??= new RunningProgram(await find(), { rateHz: sampleRateHz, device, clock });
    const program = this.#running;
    // The pipe keeps a reference until it has written, and the samples are not ours to hold on to.
    const bytes = Buffer.from(bytesFromInt16(pcm));
    const taken = new Promise<void>((resolve) => program.stdin.write(bytes, () => resolve()));
    const finding = await this.#within(program, taken);
    if (finding !== undefined) await this.#fail(program, finding);
  }

  async finish(): Promise<void> {
    const program = this.#running;
    if (!program) return;
    this.#running = undefined;
    program.stdin.end();
    await program.stop({ patienceMs: LEAD_MS + this.#options.timeoutMs });
  }

  /** `undefined` once `work` has settled, else why it did not. */
  async #within(program: RunningProgram, work: Promise<void>): Promise<string | undefined> {
    const { clock, timeoutMs } = this.#options;
    const timer = new AbortController();
    const late = clock.delay(timeoutMs, { signal: timer.signal }).then(
      () => `${program.name} has taken nothing for ${timeoutMs} ms`,
      () => undefined,
    );
    const ended = program.whenEnded.then((how) => how);
    const finding = await Promise.race([work.then(() => undefined), ended, late]);
    timer.abort();
    // A write that failed settles too; the end of the program, a moment later, says why.
    if (finding === undefined && program.stdin.errored) return ended;
    return finding;
  }

  async #fail(program: RunningProgram, finding: string): Promise<never> {
    this.#running = undefined;
    await program.stop();
    throw new AudioOutputError('AUDIO_OUTPUT_FAILED', { sink: program.name, finding });
  }
}
