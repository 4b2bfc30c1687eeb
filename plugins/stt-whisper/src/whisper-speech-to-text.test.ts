import { describe, expect, it } from '@jest/globals';
import type { Frame } from '@tiercel/audio';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { SpeechToTextError, type TranscriptEvent } from '@tiercel/capabilities/speech-to-text';
import { describeSpeechToTextContract } from '@tiercel/capabilities/speech-to-text/testing';
import { SerialLane } from '@tiercel/sherpa';
import { type WhisperEngine, WhisperSpeechToText } from './whisper-speech-to-text.js';

const RATE_HZ = 16_000;

/** Answers when told to; counts how many calls run at once. */
class ScriptedEngine implements WhisperEngine {
  readonly calls: { readonly seconds: number; readonly language: string }[] = [];
  readonly #answers: ((text: string) => void)[] = [];
  readonly #isAutomatic: boolean;
  running = 0;
  mostRunning = 0;

  constructor({ isAutomatic = false } = {}) {
    this.#isAutomatic = isAutomatic;
  }

  async recognize(samples: Float32Array, language: string): Promise<string> {
    this.calls.push({ seconds: samples.length / RATE_HZ, language });
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      return await new Promise<string>((resolve) => {
        if (this.#isAutomatic) setImmediate(() => setImmediate(() => resolve(` said ${this.calls.length} `)));
        else this.#answers.push(resolve);
      });
    } finally {
      this.running -= 1;
    }
  }

  answer(text: string): void {
    this.#answers.shift()?.(text);
  }
}

function open(engine: WhisperEngine, { limit = 2, clock = new FakeClock(), log = new FakeLog() } = {}) {
  const lane = new SerialLane({
    clock,
    limit,
    timeoutMs: 30_000,
    overloaded: (waiting) => new SpeechToTextError('SPEECH_TO_TEXT_OVERLOADED', { waiting, limit }),
    late: () => new SpeechToTextError('SPEECH_TO_TEXT_FAILED', { model: 'test', finding: 'no text' }),
  });
  const features = { model: 'test', sampleRateHz: RATE_HZ, hasPartials: false, languages: ['en', 'ja'] };
  return new WhisperSpeechToText({ engine, lane, features, language: 'en', log, clock });
}

function loud(seconds: number): Int16Array {
  return Int16Array.from({ length: seconds * RATE_HZ }, (_, index) => Math.round(8000 * Math.sin(index / 5)));
}

async function* streamOf(...blocks: readonly Int16Array[]): AsyncGenerator<Frame> {
  let position = 0;
  for (const pcm of blocks) {
    yield { pcm, sampleRateHz: RATE_HZ, position, timeMs: 0 };
    position += pcm.length;
  }
}

async function last(events: AsyncIterable<TranscriptEvent>): Promise<TranscriptEvent | undefined> {
  let event: TranscriptEvent | undefined;
  for await (event of events);
  return event;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describeSpeechToTextContract(
  'WhisperSpeechToText with a scripted engine',
  () => {
    const engine = new ScriptedEngine({ isAutomatic: true });
    // The same words for the same call, so that the suite can compare.
    const provider = open({
      recognize: async (samples, language) => {
        await engine.recognize(samples, language);
        return ' Turn on the lamp. ';
      },
    });
    return { provider, close: () => expect(engine.mostRunning).toBeLessThanOrEqual(1) };
  },
  { speech: loud(1), says: /^Turn on the lamp\.$/ },
);

describe('WhisperSpeechToText', () => {
  it('gives the engine at least 1.5 s, so that a short word is not cut', async () => {
    const engine = new ScriptedEngine({ isAutomatic: true });

    await last(open(engine).transcribe(streamOf(loud(0.3)), { utteranceId: 'u' }));

    expect(engine.calls).toEqual([{ seconds: 1.5, language: 'en' }]);
  });

  it('recognises a long utterance piece by piece and joins the texts', async () => {
    const engine = new ScriptedEngine({ isAutomatic: true });
    const blocks = Array.from({ length: 60 }, () => loud(1));

    const final = await last(open(engine).transcribe(streamOf(...blocks), { utteranceId: 'u' }));

    expect(engine.calls.filter(({ seconds }) => seconds > 25)).toEqual([]);
    expect(engine.calls.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(60, 0);
    expect(final?.text).toBe(engine.calls.map((_, index) => `said ${index + 1}`).join(' '));
    expect(final).toMatchObject({ endMs: 60_000 });
  });

  it('does not read on while a piece is recognised', async () => {
    const engine = new ScriptedEngine();
    let read = 0;
    const source = (async function* () {
      for await (const frame of streamOf(...Array.from({ length: 60 }, () => loud(1)))) {
        read += 1;
        yield frame;
      }
    })();
    const done = last(open(engine).transcribe(source, { utteranceId: 'u' }));

    await turn();
    const readBefore = read;
    for (const text of ['one', 'two', 'three', 'four']) {
      engine.answer(text);
      await turn();
    }

    expect(readBefore).toBe(25);
    expect(engine.calls).toHaveLength(4);
    await expect(done).resolves.toMatchObject({ text: 'one two three four' });
  });

  it('passes the language of the call on', async () => {
    const engine = new ScriptedEngine({ isAutomatic: true });

    const final = await last(
      open(engine).transcribe(streamOf(loud(2)), { utteranceId: 'u', language: 'ja' }),
    );

    expect(engine.calls).toEqual([{ seconds: 2, language: 'ja' }]);
    expect(final).toMatchObject({ language: 'ja' });
  });

  it('counts lost samples as time', async () => {
    const engine = new ScriptedEngine({ isAutomatic: true });
    const pcm = loud(1);
    const source = (async function* (): AsyncGenerator<Frame> {
      yield { pcm, sampleRateHz: RATE_HZ, position: 32_000, timeMs: 0 };
      yield { pcm, sampleRateHz: RATE_HZ, position: 80_000, timeMs: 0 };
    })();

    await expect(last(open(engine).transcribe(source, { utteranceId: 'u' }))).resolves.toMatchObject({
      endMs: 4000,
    });
  });

  it('abandons a decode that is aborted: the caller is free at once, the engine is not', async () => {
    const engine = new ScriptedEngine();
    const recogniser = open(engine);
    const controller = new AbortController();
    const first = last(
      recogniser.transcribe(streamOf(loud(1)), { utteranceId: '1', signal: controller.signal }),
    );
    await turn();
    const second = last(recogniser.transcribe(streamOf(loud(1)), { utteranceId: '2' }));

    controller.abort(new Error('interrupted'));
    await expect(first).rejects.toThrow('interrupted');
    await turn();
    const callsWhileBusy = engine.calls.length;
    engine.answer('the dropped one');
    await turn();
    engine.answer('the second one');

    expect(callsWhileBusy).toBe(1);
    await expect(second).resolves.toMatchObject({ utteranceId: '2', text: 'the second one' });
  });

  it('refuses an utterance when too many wait', async () => {
    const engine = new ScriptedEngine();
    const recogniser = open(engine, { limit: 1 });
    const busy = last(recogniser.transcribe(streamOf(loud(1)), { utteranceId: '1' }));
    const waiting = last(recogniser.transcribe(streamOf(loud(1)), { utteranceId: '2' }));
    await turn();

    const refused = last(recogniser.transcribe(streamOf(loud(1)), { utteranceId: '3' }));

    await expect(refused).rejects.toMatchObject({ code: 'SPEECH_TO_TEXT_OVERLOADED', retryable: true });
    engine.answer('one');
    await busy;
    await turn();
    engine.answer('two');
    await expect(waiting).resolves.toMatchObject({ text: 'two' });
  });

  it('gives up when the engine does not answer in time', async () => {
    const clock = new FakeClock();
    const engine = new ScriptedEngine();
    const late = last(open(engine, { clock }).transcribe(streamOf(loud(1)), { utteranceId: 'u' }));
    const outcome = expect(late).rejects.toMatchObject({ code: 'SPEECH_TO_TEXT_FAILED' });
    await clock.whenPending();

    await clock.advance(30_000);

    await outcome;
    expect(clock.pending).toBe(0);
  });

  it('says what was said in the log only in private', async () => {
    const log = new FakeLog();
    const engine = new ScriptedEngine({ isAutomatic: true });

    await last(open(engine, { log }).transcribe(streamOf(loud(1)), { utteranceId: 'u' }));

    expect(log.lines).toHaveLength(1);
    expect(JSON.stringify(log.lines)).not.toContain('said');
  });
});
