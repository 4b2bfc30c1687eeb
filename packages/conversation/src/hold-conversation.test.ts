import { describe, expect, it } from '@jest/globals';
import type { Frame } from '@tiercel/audio';
import type { Assistant, AssistantEvent, AssistantInput } from '@tiercel/capabilities/assistant';
import { FakeAssistant } from '@tiercel/capabilities/assistant/testing';
import { FakeAudioInput } from '@tiercel/capabilities/audio-input/testing';
import { FakeAudioOutput } from '@tiercel/capabilities/audio-output/testing';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { type HoldConversationOptions, holdConversation } from './hold-conversation.js';

describe('holdConversation', () => {
  it('holds typed turns one after the other and ends after the last', async () => {
    const { said } = await hold({ texts: typed('one', 'two') });

    expect(said).toEqual(['answered one', 'answered two']);
  });

  it('asks for the next text only when the turn before is over', async () => {
    const order: string[] = [];
    const texts = (async function* () {
      for (const text of ['one', 'two']) {
        order.push(`asked for ${text}`);
        yield text;
      }
    })();

    await hold({
      texts,
      onEvent: (event) => {
        if (event.type === 'turn-end') order.push(`over: ${event.heard}`);
      },
    });

    expect(order).toEqual(['asked for one', 'over: one', 'asked for two', 'over: two']);
  });

  describe('when a turn waits for a yes or a no', () => {
    const asking = () =>
      new FakeAssistant({
        answer: (heard) => (heard === 'open' ? 'it is open' : `answered ${heard}`),
        needsApproval: (heard) =>
          heard === 'open' ? { tool: 'open_door', question: 'Shall I?' } : undefined,
      });
    const decisions = (events: readonly AssistantEvent[]) =>
      events.flatMap((event) => (event.type === 'approval-end' ? [event.decision] : []));

    it('takes the next text for the answer, and asks for the one after it when the turn is over', async () => {
      const order: string[] = [];
      const texts = (async function* () {
        for (const text of ['open', 'yes', 'two']) {
          order.push(`asked for ${text}`);
          yield text;
        }
      })();

      const { events } = await hold({
        assistant: asking(),
        texts,
        onEvent: ({ type }) => {
          if (type === 'approval' || type === 'turn-end') order.push(type);
        },
      });

      expect(decisions(events)).toEqual(['allowed']);
      expect(order).toEqual([
        'asked for open',
        'approval',
        'asked for yes',
        'turn-end',
        'asked for two',
        'turn-end',
      ]);
    });

    it('holds a text that is no answer as a turn of its own', async () => {
      const { said, events } = await hold({ assistant: asking(), texts: typed('open', 'two', 'three') });

      expect(decisions(events)).toEqual(['superseded']);
      expect(said.slice(1)).toEqual(['answered two', 'answered three']);
    });

    it('hears a spoken answer where nothing cancels echo, once the question has sounded', async () => {
      const clock = new FakeClock();
      const input = new FakeAudioInput({ clock, echo: 'none' });
      const assistant = new FakeAssistant({
        needsApproval: () => ({ tool: 'open_door', question: 'Shall I?' }),
        hear: (frames) => (frames.some(({ pcm }) => pcm.includes(9000)) ? 'yes' : 'nothing'),
      });
      const speak = async () => {
        await clock.delay(2_000);
        input.say(new Int16Array(16_000).fill(9000));
        input.end();
      };
      let speaking: Promise<void> | undefined;

      const { events } = await hold({
        clock,
        assistant,
        input,
        output: new FakeAudioOutput({ clock }),
        texts: typed('open'),
        onEvent: ({ type }) => {
          if (type === 'approval') speaking = speak();
        },
      });
      await speaking;

      expect(decisions(events)).toEqual(['allowed']);
    });

    it('says no where nobody is left who could answer', async () => {
      const { events } = await hold({ assistant: asking(), texts: typed('open') });

      expect(decisions(events)).toEqual(['refused']);
      expect(events.at(-1)).toMatchObject({ type: 'turn-end' });
    });
  });

  it('takes what is spoken and ends when the input has ended and its turn is over', async () => {
    const { said } = await hold({ input: spoken(3) });

    expect(said).toEqual(['answered hello']);
  });

  it('plays the voice to its end before it ends itself', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock });

    await hold({ clock, output, texts: typed('a sentence of some length') });

    expect(output.sounded).toHaveLength(16 * 50 * 'answered'.length + 16 * 50 * 26);
  });

  it('reports what was heard, so that an assistant that waits for it goes on', async () => {
    const clock = new FakeClock();
    const played: AssistantInput[] = [];
    const assistant = overhearing(new FakeAssistant(), (input) => {
      if (input.type === 'played') played.push(input);
    });

    await hold({ clock, assistant, output: new FakeAudioOutput({ clock }), texts: typed('x'.repeat(40)) });

    expect(played.at(-1)).toMatchObject({ attempt: 1, samples: 32_000 });
    expect(played.length).toBeGreaterThan(20);
  });

  it('keeps replies written when there is no output, or it was asked to', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock });

    const { events } = await hold({ clock, output, voice: false, texts: typed('hello') });

    expect(events.filter(({ type }) => type === 'audio')).toEqual([]);
    expect(output.sounded).toHaveLength(0);
  });

  it('sounds on an output that has had other conversations', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock });

    await hold({ clock, output, assistant: new FakeAssistant(), texts: typed('ab') });
    await hold({ clock, output, assistant: new FakeAssistant(), texts: typed('cd') });

    expect(output.sounded).toHaveLength(2 * 2 * 800);
    expect(await output.dropped()).toEqual({ attempts: 0, frames: 0 });
  });

  it('stops the voice when the assistant clears it', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock });
    const assistant: Assistant = {
      async *converse(input) {
        yield { type: 'turn-start', turn: 1, by: 'text' };
        for (let index = 0; index < 25; index++) {
          yield { type: 'audio', attempt: 4, frame: tone(index) };
        }
        for await (const item of input) if (item.type === 'played' && item.samples >= 3200) break;
        yield { type: 'clear', attempt: 4, fadeMs: 8 };
        yield over(1);
      },
    };

    await hold({ clock, output, assistant, texts: typed('stop me') });

    expect(output.sounded.length).toBeGreaterThanOrEqual(3200);
    expect(output.sounded.length).toBeLessThan(16 * 20 * 25);
  });

  it('waits for the turn that comes from speech at the very end of the input', async () => {
    const assistant = new LateAssistant();

    const { said } = await hold({ assistant, input: spoken(3) });

    expect(said).toEqual(['late']);
  });

  it('ends with the error of an input', async () => {
    const failure = new Error('unplugged');
    const input = new FakeAudioInput();
    input.capture = async function* () {
      yield tone(0);
      throw failure;
    };

    await expect(hold({ input })).rejects.toBe(failure);
  });

  it('ends with the error of an output', async () => {
    const clock = new FakeClock();
    const failure = new Error('unplugged');
    const output = new FakeAudioOutput({ clock });
    output.fail(failure);

    await expect(hold({ clock, output, texts: typed('hello') })).rejects.toBe(failure);
  });

  it('ends with the error of the assistant', async () => {
    const failure = new Error('lost');
    const assistant: Assistant = {
      async *converse() {
        yield { type: 'ready' };
        throw failure;
      },
    };

    await expect(hold({ assistant, texts: forever() })).rejects.toBe(failure);
  });

  it('ends with the reason of its signal, whatever it waits for', async () => {
    const clock = new FakeClock();
    const reason = new Error('given up');
    const input = new FakeAudioInput();

    for (const options of [
      { texts: forever() },
      { input },
      { texts: typed('slow'), assistant: new FakeAssistant({ answer: () => new Promise(() => undefined) }) },
      { texts: typed('loud'), output: new FakeAudioOutput({ clock }) },
    ]) {
      const controller = new AbortController();
      const held = hold({ clock: new FakeClock(), ...options, signal: controller.signal });
      await turnOfTheLoop();
      controller.abort(reason);

      await expect(held).rejects.toBe(reason);
    }
    expect(await input.capture().return()).toEqual({ done: true, value: undefined });
  });

  it('does not begin when its signal has aborted before', async () => {
    const reason = new Error('given up');

    await expect(hold({ texts: typed('one'), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('lets go of everything when its reader leaves', async () => {
    const clock = new FakeClock();
    const input = new FakeAudioInput();
    const output = new FakeAudioOutput({ clock });

    for await (const event of holdConversation({
      assistant: new FakeAssistant(),
      clock,
      input,
      output,
      texts: typed('hello'),
    })) {
      if (event.type === 'audio') break;
    }

    const again = input.capture();
    input.end();
    expect(await again.next()).toEqual({ done: true, value: undefined });
    expect(clock.pending).toBe(0);
  });

  it('ends when the assistant does, although more might be typed', async () => {
    const assistant: Assistant = {
      async *converse() {
        yield { type: 'ready' };
      },
    };

    const { events } = await hold({ assistant, texts: forever() });

    expect(events).toEqual([{ type: 'ready' }]);
  });
});

/** Holds a conversation to its end while the clock runs. */
async function hold({
  clock = new FakeClock(),
  assistant = new FakeAssistant({ answer: (heard) => `answered ${heard}` }),
  ...options
}: Partial<Omit<HoldConversationOptions, 'clock'>> & { readonly clock?: FakeClock }) {
  const events: AssistantEvent[] = [];
  let isOver = false;
  const held = (async () => {
    for await (const event of holdConversation({ assistant, clock, ...options })) events.push(event);
  })();
  const end = () => {
    isOver = true;
  };
  held.then(end, end);
  while (!isOver) await clock.advance(20);
  await held;
  const said = events.flatMap((event) => (event.type === 'turn-end' ? [event.reply] : []));
  return { events, said };
}

async function* typed(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

/** A person who never types anything. */
function forever(): AsyncIterable<string> {
  return { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) };
}

function spoken(frames: number): FakeAudioInput {
  const input = new FakeAudioInput();
  input.say(new Int16Array(512 * frames).fill(1000));
  input.end();
  return input;
}

function tone(index: number): Frame {
  return { pcm: new Int16Array(320).fill(900), sampleRateHz: 16_000, position: index * 320, timeMs: 0 };
}

function over(turn: number, reply = ''): AssistantEvent {
  return {
    type: 'turn-end',
    turn,
    attempt: turn,
    outcome: 'answered',
    path: 'model',
    heard: '',
    reply,
    playout: reply,
    tools: [],
    timeline: { spans: {}, totalMs: 0, overlapMs: {} },
  };
}

function overhearing(assistant: Assistant, onInput: (input: AssistantInput) => void): Assistant {
  return {
    converse: (inputs, options) =>
      assistant.converse(
        (async function* () {
          for await (const input of inputs) {
            onInput(input);
            yield input;
          }
        })(),
        options,
      ),
  };
}

/** Makes a turn of the last speech only some time after the input has ended. */
class LateAssistant implements Assistant {
  async *converse(input: AsyncIterable<AssistantInput>): AsyncGenerator<AssistantEvent> {
    for await (const item of input) {
      if (item.type === 'audio' && item.frame.position === 0) yield { type: 'speech-start', position: 0 };
      if (item.type !== 'audio-end') continue;
      yield { type: 'speech-end', position: 0 };
      await turnOfTheLoop();
      yield { type: 'turn-start', turn: 1, by: 'audio' };
      await turnOfTheLoop();
      yield over(1, 'late');
    }
  }
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
