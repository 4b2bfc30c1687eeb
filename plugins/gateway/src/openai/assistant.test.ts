import { describe, expect, it } from '@jest/globals';
import type {
  Assistant,
  AssistantEvent,
  AssistantInput,
  ConverseOptions,
} from '@tiercel/capabilities/assistant';
import { FakeAssistant } from '@tiercel/capabilities/assistant/testing';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import OpenAI from 'openai';
import { collect, openRaw, postChat, rawRequest, serveGateway } from '../gateway.test.support.js';
import { sha256 } from '../http/key-ring.js';

interface Completion {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
}

const user = (content: string) => ({ role: 'user', content });
const body = (...messages: readonly object[]) => ({ model: 'assistant', messages });
const inSession = (name: string, headers: Readonly<Record<string, string>> = {}) => ({
  headers: { 'Tiercel-Session': name, ...headers },
});
const replyOf = async (response: Response) =>
  ((await response.json()) as Completion).choices[0]?.message.content;

/** Repeats everything that was said to it so far. */
const parrot = () =>
  new FakeAssistant({
    answer: (heard, past) => [...past.flatMap((turn) => [turn.heard, turn.playout]), heard].join(' | '),
  });

/** Answers nothing until it is cancelled; tells when it was asked and how it was left. */
class StubbornAssistant implements Assistant {
  readonly heard: string[] = [];
  readonly left: string[] = [];
  readonly #isDeaf: boolean;
  readonly #watchers = new Set<() => void>();

  constructor({ isDeaf = false }: { readonly isDeaf?: boolean } = {}) {
    this.#isDeaf = isDeaf;
  }

  async *converse(
    input: AsyncIterable<AssistantInput>,
    { signal }: ConverseOptions = {},
  ): AsyncGenerator<AssistantEvent, void, void> {
    signal?.addEventListener('abort', () => this.#note(this.left, 'aborted'));
    let turn = 0;
    for await (const item of input) {
      if (item.type === 'text') {
        turn++;
        yield { type: 'turn-start', turn, by: 'text' };
        this.#note(this.heard, item.text);
      } else if (item.type === 'cancel') {
        this.#note(this.left, 'cancelled');
        if (!this.#isDeaf) yield endOf(turn);
      }
    }
  }

  /** Settles once it was left in this way. */
  async until(list: 'heard' | 'left', value: string): Promise<void> {
    while (!this[list].includes(value)) {
      await new Promise<void>((resolve) => {
        this.#watchers.add(resolve);
      });
    }
  }

  #note(list: string[], value: string): void {
    list.push(value);
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }
}

function endOf(turn: number): AssistantEvent {
  return {
    type: 'turn-end',
    turn,
    attempt: turn,
    outcome: 'interrupted',
    path: 'none',
    heard: '',
    reply: '',
    playout: '',
    tools: [],
    timeline: { spans: {}, totalMs: 0, overlapMs: {} },
  };
}

describe('The model "assistant"', () => {
  it('is listed where the node has an assistant', async () => {
    await using served = await serveGateway({
      models: { llm: new FakeLanguageModel() },
      assistant: new FakeAssistant(),
    });

    expect(await (await fetch(`${served.url}/v1/models`)).json()).toMatchObject({
      data: [{ id: 'fake' }, { id: 'assistant' }],
    });
  });

  it('is unknown where the node has none', async () => {
    await using served = await serveGateway({ models: { llm: new FakeLanguageModel() } });

    expect((await postChat(served.url, body(user('hi')))).status).toBe(404);
  });

  it('answers by the conversation loop, whole and as a stream', async () => {
    await using served = await serveGateway({ assistant: parrot() });
    const client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'none needed', maxRetries: 0 });
    const request = { model: 'assistant', messages: [{ role: 'user', content: 'turn it on' }] } as const;

    const whole = await client.chat.completions.create({ ...request, messages: [...request.messages] });
    const stream = await client.chat.completions.create({
      ...request,
      messages: [...request.messages],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);

    expect(whole).toMatchObject({
      model: 'assistant',
      choices: [{ message: { content: 'turn it on' }, finish_reason: 'stop' }],
      tiercel: { provider: 'assistant' },
    });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('turn it on');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: null, tiercel: { provider: 'assistant' } });
  });

  it('goes on from the earlier messages of the request', async () => {
    await using served = await serveGateway({ assistant: parrot() });

    const response = await postChat(
      served.url,
      body({ role: 'system', content: 'ignored' }, user('a'), { role: 'assistant', content: 'A' }, user('b')),
    );

    expect(await replyOf(response)).toBe('a | A | b');
  });

  it('keeps a named session from request to request, and says only what is new', async () => {
    await using served = await serveGateway({ assistant: parrot() });

    const first = await postChat(served.url, body(user('a')), inSession('kitchen'));
    const second = await postChat(
      served.url,
      body(user('a'), { role: 'assistant', content: 'a' }, user('b')),
      inSession('kitchen'),
    );
    const other = await postChat(served.url, body(user('c')), inSession('hall'));

    expect(await replyOf(first)).toBe('a');
    expect(await replyOf(second)).toBe('a | a | b');
    expect(await replyOf(other)).toBe('c');
  });

  it('keeps the sessions of different keys apart', async () => {
    const apiKeys = ['one', 'two'].map((key) => `${key}=${sha256(key).toString('hex')}`);
    await using served = await serveGateway({ assistant: parrot(), config: { apiKeys } });
    const say = async (key: string, text: string) =>
      await replyOf(
        await postChat(
          served.url,
          body(user(text)),
          inSession('kitchen', { Authorization: `Bearer ${key}` }),
        ),
      );

    expect(await say('one', 'secret')).toBe('secret');
    expect(await say('two', 'hello')).toBe('hello');
  });

  it('forgets a session in which nothing was said for long, and leaves nothing on the clock', async () => {
    await using served = await serveGateway({ assistant: parrot(), config: { sessionExpireMs: 1_000 } });
    const say = async (text: string) =>
      await replyOf(await postChat(served.url, body(user(text)), inSession('kitchen')));
    await say('a');
    await served.clock.advance(600);
    await say('b');

    await served.clock.advance(999);
    expect(await say('c')).toContain('a |');
    await served.clock.advance(1_000);
    expect(served.clock.pending).toBe(0);
    expect(await say('d')).toBe('d');
  });

  it('lets the session go that was quiet for longest, where there is no room', async () => {
    await using served = await serveGateway({ assistant: parrot(), config: { maxSessions: 2 } });
    const say = async (name: string, text: string) =>
      await replyOf(await postChat(served.url, body(user(text)), inSession(name)));

    await say('one', 'a');
    await say('two', 'a');
    await say('one', 'b');
    await say('three', 'a');

    expect(await say('one', 'c')).toBe('a | a | b | a | a | b | c');
    expect(await say('two', 'c')).toBe('c');
  });

  it('refuses a session where all that it may keep are talking', async () => {
    const assistant = new StubbornAssistant();
    await using served = await serveGateway({ assistant, config: { maxSessions: 1 } });
    await using raw = await openRaw(served.port);
    raw.send(
      rawRequest('POST /v1/chat/completions', { 'Tiercel-Session': 'one' }, JSON.stringify(body(user('a')))),
    );
    await assistant.until('heard', 'a');

    const response = await postChat(served.url, body(user('b')), inSession('two'));

    expect(response.status).toBe(429);
    expect(response.headers.get('Retry-After')).not.toBeNull();
    expect(await response.json()).toMatchObject({ error: { code: 'GATEWAY_SESSIONS_BUSY' } });
  });

  it('gives up the turn of a client that leaves, and keeps the session', async () => {
    let ask: (heard: string) => void = () => undefined;
    const asked = new Promise<string>((resolve) => {
      ask = resolve;
    });
    const assistant = new FakeAssistant({
      answer: (heard, past) => {
        ask(heard);
        return heard === 'slow' ? new Promise(() => undefined) : past.map((turn) => turn.heard).join(' | ');
      },
    });
    await using served = await serveGateway({ assistant });
    const raw = await openRaw(served.port);
    raw.send(
      rawRequest(
        'POST /v1/chat/completions',
        { 'Tiercel-Session': 'one' },
        JSON.stringify(body(user('slow'))),
      ),
    );
    await asked;

    await raw[Symbol.asyncDispose]();
    const next = await postChat(served.url, body(user('b')), inSession('one'));

    expect(await replyOf(next)).toBe('slow');
  });

  it('gives up a session whose turn does not end when it is cancelled', async () => {
    const assistant = new StubbornAssistant({ isDeaf: true });
    await using served = await serveGateway({ assistant });
    const raw = await openRaw(served.port);
    raw.send(
      rawRequest('POST /v1/chat/completions', { 'Tiercel-Session': 'one' }, JSON.stringify(body(user('a')))),
    );
    await assistant.until('heard', 'a');

    await raw[Symbol.asyncDispose]();
    await assistant.until('left', 'cancelled');
    await served.clock.advance(5_000);
    await assistant.until('left', 'aborted');

    expect(assistant.left).toEqual(['cancelled', 'aborted']);
  });

  it('gives up the conversation where nobody can come back to it', async () => {
    const assistant = new StubbornAssistant();
    await using served = await serveGateway({ assistant });
    const raw = await openRaw(served.port);
    raw.send(rawRequest('POST /v1/chat/completions', {}, JSON.stringify(body(user('a')))));
    await assistant.until('heard', 'a');

    await raw[Symbol.asyncDispose]();
    await assistant.until('left', 'aborted');

    expect(assistant.heard).toEqual(['a']);
  });

  it('ends its reply with the question whether it may use a tool, and takes the next request for the answer', async () => {
    const assistant = new FakeAssistant({
      needsApproval: (heard) =>
        heard.startsWith('open') ? { tool: 'open', question: `Shall I ${heard}?` } : undefined,
    });
    await using served = await serveGateway({ assistant });
    const say = async (text: string) =>
      await replyOf(await postChat(served.url, body(user(text)), inSession('one')));

    const replies = [
      await say('open the door'),
      await say('yes'),
      await say('open the window'),
      await say('something else'),
      await say('open the gate'),
      await say('no'),
    ];

    expect(replies).toEqual([
      'Shall I open the door?',
      'open the door',
      'Shall I open the window?',
      'something else',
      'Shall I open the gate?',
      expect.not.stringContaining('Shall I'),
    ]);
  });

  it('answers its own question with no where nobody can come back', async () => {
    const assistant = new FakeAssistant({ needsApproval: () => ({ tool: 'open', question: 'Shall I?' }) });
    await using served = await serveGateway({ assistant });

    const reply = await replyOf(await postChat(served.url, body(user('open the door'))));

    expect(reply).toBe('Shall I?\n');
  });

  it('tells a turn that failed by its code', async () => {
    await using served = await serveGateway({
      assistant: new FakeAssistant({ answer: () => new Error('secret-words') }),
    });

    const response = await postChat(served.url, body(user('a')));
    const text = await response.text();

    expect(response.status).toBe(502);
    expect(JSON.parse(text)).toMatchObject({ error: { type: 'server_error', code: 'GATEWAY_TURN_LOST' } });
    expect(text).toContain('FAKE_FAILED');
    expect(text).not.toContain('secret-words');
  });

  it.each<[string, object, string]>([
    ['tools, as it has its own', { tools: [{ type: 'function', function: { name: 'x' } }] }, 'tools'],
    ['a response format', { response_format: { type: 'json_object' } }, 'response_format'],
  ])('refuses %s', async (_, fields, param) => {
    await using served = await serveGateway({ assistant: new FakeAssistant() });

    const response = await postChat(served.url, { ...body(user('a')), ...fields });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_value', param } });
  });

  it('refuses a request in which the assistant had the last word, and to count its tokens', async () => {
    await using served = await serveGateway({ assistant: new FakeAssistant() });

    const last = await postChat(served.url, body(user('a'), { role: 'assistant', content: 'A' }));
    const counted = await fetch(`${served.url}/v1/chat/completions/input_tokens`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body(user('a'))),
    });

    expect(await last.json()).toMatchObject({
      error: { code: 'GATEWAY_REQUEST_INVALID', param: 'messages' },
    });
    expect(await counted.json()).toMatchObject({ error: { code: 'unsupported_value', param: 'model' } });
  });
});
