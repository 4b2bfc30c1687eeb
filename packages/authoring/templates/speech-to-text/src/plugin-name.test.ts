import { describe, expect, it } from '@jest/globals';
import { type Frame, joinPcm, silence } from '@tiercel/audio';
import { SpeechToText } from '@tiercel/capabilities/speech-to-text';
import { describeSpeechToTextContract } from '@tiercel/capabilities/speech-to-text/testing';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import plugin from './index.js';
import { frequenciesOf } from './touch-tones.js';

const sampleRateHz = 16_000;

/** The sound of keys that are pressed one after the other. */
function dial(keys: string): Int16Array {
  const pressed = [...keys].map((key) => {
    const [rowHz, columnHz] = frequenciesOf(key) ?? [0, 0];
    const wave = (hz: number, index: number) => 6000 * Math.sin((2 * Math.PI * hz * index) / sampleRateHz);
    const tone = { length: sampleRateHz / 8 };
    return Int16Array.from(tone, (_, index) => Math.round(wave(rowHz, index) + wave(columnHz, index)));
  });
  return joinPcm(pressed.flatMap((tone) => [tone, silence(80, sampleRateHz)]));
}

async function hear(pcm: Int16Array): Promise<readonly string[]> {
  await using test = await bootTest({ plugins: [plugin] });
  const frames = (async function* (): AsyncGenerator<Frame> {
    yield { pcm, sampleRateHz, position: 0, timeMs: 0 };
  })();
  const texts: string[] = [];
  for await (const { text } of test.get(SpeechToText).transcribe(frames, { utteranceId: 'u1' })) {
    texts.push(text);
  }
  return texts;
}

describeInEveryPlacement(
  'plugin-name',
  { capability: SpeechToText, plugin: './dist/index.js', key: 'plugin-name' },
  (title, open) =>
    describeSpeechToTextContract(title, open, { speech: dial('42'), says: /^4 2$/, isInstant: true }),
);

describe('plugin-name', () => {
  it('knows every key', async () => {
    expect(await hear(dial('0123456789*#ABCD'))).toEqual(['0 1 2 3 4 5 6 7 8 9 * # A B C D']);
  });

  it('writes a key down as often as it is pressed', async () => {
    expect(await hear(dial('1155'))).toEqual(['1 1 5 5']);
  });

  it('takes a single tone for no key', async () => {
    const tone = Int16Array.from({ length: 8000 }, (_, index) => Math.round(9000 * Math.sin(index * 0.27)));

    expect(await hear(tone)).toEqual(['']);
  });
});
