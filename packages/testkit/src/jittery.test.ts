import { describe, expect, it } from '@jest/globals';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import {
  describeLanguageModelContract,
  FakeLanguageModel,
} from '@tiercel/capabilities/language-model/testing';
import { SpeechToText } from '@tiercel/capabilities/speech-to-text';
import { FakeSpeechToText } from '@tiercel/capabilities/speech-to-text/testing';
import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { describeTextToSpeechContract, FakeTextToSpeech } from '@tiercel/capabilities/text-to-speech/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { describeWorldModelContract, FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { jittery } from './jittery.js';

const close = () => undefined;

describe.each([1, 2, 3])('a fake that is held up at random, seed %i', (seed) => {
  describeTextToSpeechContract('FakeTextToSpeech', () => ({
    provider: jittery(new FakeTextToSpeech(), TextToSpeech, { seed }),
    close,
  }));
  describeLanguageModelContract('FakeLanguageModel', () => ({
    provider: jittery(new FakeLanguageModel(), LanguageModel, { seed }),
    close,
  }));
  describeWorldModelContract('FakeWorldModel', () => {
    const world = new FakeWorldModel();
    return { provider: jittery(world, WorldModel, { seed }), close, advance: (ms) => world.advance(ms) };
  });
});

describe('jittery', () => {
  it('lets calls arrive in the order in which they were made', async () => {
    const provider = new FakeToolProvider();
    const tools = jittery(provider, ToolProvider);
    const order = Array.from({ length: 200 }, (_, n) => n);

    await Promise.all(order.map((n) => tools.call('echo', { n })));

    expect(provider.calls.map(({ args }) => args['n'])).toEqual(order);
  });

  it('does not let an aborted call wait for those before it', async () => {
    const tools = jittery(new FakeToolProvider(), ToolProvider);
    const settled: unknown[] = [];
    const calls = Array.from({ length: 200 }, () => tools.call('echo', {}).then(() => settled.push('call')));
    const controller = new AbortController();
    const aborted = tools.call('echo', {}, { signal: controller.signal }).catch(() => settled.push('abort'));

    controller.abort();
    await Promise.all([aborted, ...calls]);

    expect(settled[0]).toBe('abort');
  });

  it('holds up what the caller sends, too', async () => {
    const speech = jittery(new FakeSpeechToText(), SpeechToText);
    const reads: number[] = [];
    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    const frames = (async function* () {
      for (let position = 0; position < 16_000; position += 160) {
        reads.push(turns);
        yield { pcm: new Int16Array(160).fill(900), sampleRateHz: 16_000, position, timeMs: position / 16 };
      }
    })();

    for await (const _ of speech.transcribe(frames, { utteranceId: 'u' }));
    clearInterval(counting);

    expect(reads).toHaveLength(100);
    expect(new Set(reads).size).toBeGreaterThan(1);
  });
});
