import { describe, expect, it } from '@jest/globals';
import type { Frame } from '@tiercel/audio';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { TextToSpeechError } from '@tiercel/capabilities/text-to-speech';
import { describeTextToSpeechContract } from '@tiercel/capabilities/text-to-speech/testing';
import { type OfflineTts, SerialLane, type TtsRequest } from '@tiercel/sherpa';
import { PiperTextToSpeech } from './piper-text-to-speech.js';

const RATE_HZ = 16_000;

type Engine = Pick<OfflineTts, 'generateAsync'>;

/** Each sentence is a batch of one second; the test says when the next one is ready. */
class SteppedEngine implements Engine {
  readonly requests: TtsRequest[] = [];
  readonly answers: (0 | 1)[] = [];
  #finish: ((error?: Error) => void) | undefined;

  generateAsync(request: TtsRequest): Promise<{ samples: Float32Array; sampleRate: number }> {
    this.requests.push(request);
    return new Promise((resolve, reject) => {
      this.#finish = (error) =>
        error ? reject(error) : resolve({ samples: new Float32Array(), sampleRate: RATE_HZ });
    });
  }

  batch(samples = new Float32Array(RATE_HZ).fill(0.25)): void {
    const answer = this.requests.at(-1)?.onProgress({ samples, progress: 0.5 });
    if (answer !== undefined) this.answers.push(answer);
  }

  finish(error?: Error): void {
    this.#finish?.(error);
  }
}

const automaticEngine: Engine = {
  async generateAsync({ text, speed, onProgress }) {
    for (const sentence of text.split(/(?<=\.) /)) {
      await turn();
      const samples = new Float32Array(Math.round((sentence.length * 600) / speed)).fill(0.25);
      if (onProgress({ samples, progress: 0.5 }) === 0) break;
    }
    await turn();
    return { samples: new Float32Array(), sampleRate: RATE_HZ };
  },
};

function open(engine: Engine, { clock = new FakeClock(), limit = 16, log = new FakeLog() } = {}) {
  const lane = new SerialLane({
    clock,
    limit,
    timeoutMs: 30_000,
    overloaded: (waiting) => new TextToSpeechError('TEXT_TO_SPEECH_OVERLOADED', { waiting, limit }),
    late: () => new TextToSpeechError('TEXT_TO_SPEECH_FAILED', { voice: 'test', finding: 'not done' }),
  });
  const features = { voice: 'test', sampleRateHz: RATE_HZ, languages: ['en'] };
  return new PiperTextToSpeech({ engine, lane, features, speed: 1, log, clock });
}

async function collect(source: AsyncIterable<Frame>): Promise<Frame[]> {
  const items: Frame[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describeTextToSpeechContract('PiperTextToSpeech with a scripted engine', () => ({
  provider: open(automaticEngine),
  close: () => undefined,
}));

describe('PiperTextToSpeech', () => {
  it('gives the frames of a sentence before the next one is synthesized', async () => {
    const engine = new SteppedEngine();
    const reader = open(engine).synthesize('One. Two.');
    const first = reader.next();
    await turn();

    engine.batch();

    await expect(first).resolves.toMatchObject({
      done: false,
      value: { position: 0, sampleRateHz: RATE_HZ },
    });
    engine.finish();
    await reader.return(undefined);
  });

  it('makes one stream of the sentences, without a short frame between them', async () => {
    const engine = new SteppedEngine();
    const reading = collect(open(engine).synthesize('One. Two.'));
    await turn();

    engine.batch(new Float32Array(330).fill(0.1));
    engine.batch(new Float32Array(330).fill(0.1));
    engine.finish();

    const frames = await reading;
    expect(frames.map(({ pcm, position }) => [position, pcm.length])).toEqual([
      [0, 320],
      [320, 320],
      [640, 20],
    ]);
  });

  it('copies what the engine lends it', async () => {
    const engine = new SteppedEngine();
    const reading = collect(open(engine).synthesize('One.'));
    await turn();
    const lent = new Float32Array(320).fill(0.5);

    engine.batch(lent);
    lent.fill(0);
    engine.finish();

    const [frame] = await reading;
    expect(frame?.pcm[0]).toBe(16_384);
  });

  it('stops the engine at the next sentence when the reader leaves', async () => {
    const engine = new SteppedEngine();
    const reader = open(engine).synthesize('One. Two. Three.');
    const first = reader.next();
    await turn();
    engine.batch();
    await first;

    await reader.return(undefined);
    engine.batch();

    expect(engine.answers).toEqual([1, 0]);
    engine.finish();
  });

  it('stops the engine at the next sentence when the signal aborts', async () => {
    const engine = new SteppedEngine();
    const controller = new AbortController();
    const reading = collect(open(engine).synthesize('One. Two.', { signal: controller.signal }));
    await turn();

    controller.abort(new Error('interrupted'));
    engine.batch();

    await expect(reading).rejects.toThrow('interrupted');
    expect(engine.answers).toEqual([0]);
    engine.finish();
  });

  it('does not begin a unit whose reader has left while it waited', async () => {
    const engine = new SteppedEngine();
    const voice = open(engine);
    const busy = collect(voice.synthesize('One.'));
    const controller = new AbortController();
    const waiting = collect(voice.synthesize('Two.', { signal: controller.signal }));
    await turn();

    controller.abort(new Error('interrupted'));
    await expect(waiting).rejects.toThrow('interrupted');
    engine.batch();
    engine.finish();
    await busy;
    await turn();

    expect(engine.requests.map(({ text }) => text)).toEqual(['One.']);
  });

  it('never begins a unit while an abandoned one is still synthesized', async () => {
    const engine = new SteppedEngine();
    const voice = open(engine);
    const controller = new AbortController();
    const first = collect(voice.synthesize('One.', { signal: controller.signal }));
    const second = collect(voice.synthesize('Two.'));
    await turn();

    controller.abort(new Error('interrupted'));
    await expect(first).rejects.toThrow('interrupted');
    await turn();
    const before = engine.requests.length;
    engine.finish();
    await turn();
    engine.batch();
    engine.finish();

    expect(before).toBe(1);
    await expect(second).resolves.toHaveLength(50);
  });

  it('refuses a unit when too many wait', async () => {
    const engine = new SteppedEngine();
    const voice = open(engine, { limit: 0 });
    const busy = collect(voice.synthesize('One.'));
    await turn();

    const refused = collect(voice.synthesize('Two.'));

    await expect(refused).rejects.toMatchObject({ code: 'TEXT_TO_SPEECH_OVERLOADED', retryable: true });
    engine.finish();
    await busy;
  });

  it('reports a failure of the engine after the frames that it gave', async () => {
    const engine = new SteppedEngine();
    const voice = open(engine);
    const reader = voice.synthesize('One.');
    const first = reader.next();
    await turn();
    engine.batch(new Float32Array(320));

    engine.finish(new Error('out of memory'));

    await expect(first).resolves.toMatchObject({ done: false });
    await expect(reader.next()).rejects.toMatchObject({ code: 'TEXT_TO_SPEECH_FAILED' });
  });

  it('gives up when the engine does not end in time', async () => {
    const clock = new FakeClock();
    const reading = collect(open(new SteppedEngine(), { clock }).synthesize('One.'));
    const outcome = expect(reading).rejects.toMatchObject({ code: 'TEXT_TO_SPEECH_FAILED' });
    await clock.whenPending();

    await clock.advance(30_000);

    await outcome;
    expect(clock.pending).toBe(0);
  });

  it('says in the log what was spoken only in private', async () => {
    const log = new FakeLog();

    await collect(open(automaticEngine, { log }).synthesize('Secret.'));

    expect(log.lines).toHaveLength(1);
    expect(JSON.stringify(log.lines)).not.toContain('Secret');
  });
});
