// A chat model in this process: what llm-local adds to node-llama-cpp used directly, what a conversation saves that is
// remembered, and what three answers notice of a long prompt that arrives beside them.
import { existsSync } from 'node:fs';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { boot, usableCores } from '@tiercel/kernel';
import { atMost, inTurns, median, medianRatio, rounded } from './harness.js';
import { openDirectModel } from './llm/direct-model.js';

const model = 'smollm2-135m-instruct';
const contextTokens = 4096;
const slots = 4;
const promptTokens = 2_000;
const answerTokens = 48;
/** llm-local leaves one core to speech; the other side gets as many. */
const threads = Math.max(1, usableCores() - 1);
const system = { role: 'system', text: 'You are a helpful voice assistant. Answer in plain sentences.' };
const story = {
  role: 'user',
  text: 'Tell me a long story about a lighthouse, its keeper and a storm at sea.',
};

let asked = 0;
/** A prompt of about 2,000 tokens that begins unlike every other, so that nobody remembers any of it. */
function longPrompt() {
  const number = ++asked;
  const lines = Array.from(
    { length: promptTokens / 20 },
    (_, line) => `Entry ${line} of log ${number * 7919}: wind from the west.`,
  );
  return [
    { role: 'system', text: `Log ${number * 7919}. ${lines.join(' ')}` },
    { role: 'user', text: 'What does the log say about the wind?' },
  ];
}

/** Reads an answer to its end: when its texts came, in milliseconds since it was asked. */
async function read(texts) {
  const startMs = performance.now();
  const atMs = [];
  let text = '';
  for await (const part of texts) {
    atMs.push(performance.now() - startMs);
    text += part;
  }
  if (atMs.length === 0) throw new TypeError('An answer was empty.');
  return { atMs, text, firstMs: atMs[0], perTokenMs: (atMs.at(-1) - atMs[0]) / (atMs.length - 1) };
}

async function* textsOf(events, onUsage = () => undefined) {
  for await (const event of events) {
    if (event.type === 'text-delta') yield event.text;
    if (event.type === 'usage') onUsage(event.usage);
  }
}

/** The worst gap between two texts of three answers while a long prompt is read beside them. */
async function worstGapMs(answerOf) {
  const controller = new AbortController();
  const gaps = [];
  let isLongRunning = false;
  let allUnderWay;
  const underWay = new Promise((resolve) => {
    allUnderWay = resolve;
  });
  const begun = new Set();
  const others = [0, 1, 2].map(async (number) => {
    while (!controller.signal.aborted) {
      let lastMs;
      for await (const _text of answerOf(
        number,
        [system, { ...story, text: `${story.text} Part ${number + 1}.` }],
        400,
      )) {
        const nowMs = performance.now();
        if (isLongRunning && lastMs !== undefined) gaps.push(nowMs - lastMs);
        lastMs = nowMs;
        if (begun.add(number).size === 3) allUnderWay();
        if (controller.signal.aborted) break;
      }
    }
  });
  await underWay;
  isLongRunning = true;
  const { firstMs } = await read(answerOf(3, longPrompt(), 1));
  controller.abort();
  await Promise.all(others);
  return { gapMs: Math.max(...gaps), firstMs };
}

export async function measure() {
  const node = await boot({
    manifest: {
      tier: 'bench',
      plugins: {
        'llm-local': {
          use: '@tiercel/llm-local',
          config: { model, contextTokens, slots, threads, gpu: 'cpu' },
        },
        'model-store-local': { use: '@tiercel/model-store-local' },
        'log-winston': { use: '@tiercel/log-winston', config: { level: 'error' } },
      },
    },
  });
  const local = node.get(LanguageModel);
  const { files } = await node.get(ModelStore).locate(model, { kind: 'language-model' });
  if (!existsSync(files.model)) throw new TypeError(`${files.model} is not there.`);
  const direct = await openDirectModel({ file: files.model, contextTokens, slots, threads });
  const [conversation] = direct.conversations;

  const askLocal = (messages, maxTokens) => textsOf(local.generate({ messages, maxTokens }));
  const askDirect = async (messages, maxTokens) => {
    await conversation.forget();
    return read(conversation.answer(messages, { maxTokens }));
  };

  const decode = await inTurns(
    {
      'llm-local': async () => (await read(askLocal([system, story], answerTokens))).perTokenMs,
      direct: async () => (await askDirect([system, story], answerTokens)).perTokenMs,
    },
    { rounds: 9 },
  );
  const cold = await inTurns(
    {
      'llm-local': async () => (await read(askLocal(longPrompt(), 2))).firstMs,
      direct: async () => (await askDirect(longPrompt(), 2)).firstMs,
    },
    { rounds: 4, warmUp: 1 },
  );

  const turns = [];
  for (let round = 0; round < 3; round++) {
    const messages = longPrompt();
    const first = await read(askLocal(messages, 24));
    const next = [
      ...messages,
      { role: 'assistant', text: first.text },
      { role: 'user', text: 'And about the sea?' },
    ];
    let usage;
    const second = await read(
      textsOf(local.generate({ messages: next, maxTokens: 24 }), (told) => {
        usage = told;
      }),
    );
    turns.push({ coldMs: first.firstMs, warmMs: second.firstMs, ...usage });
  }

  const besides = { 'llm-local': [], direct: [] };
  const gaps = await inTurns(
    {
      'llm-local': async () => {
        const { gapMs, firstMs } = await worstGapMs((_number, messages, maxTokens) =>
          askLocal(messages, maxTokens),
        );
        besides['llm-local'].push(firstMs);
        return gapMs;
      },
      direct: async () => {
        // Nobody may forget while others answer: the library would let it wait until they are at their end.
        for (const { forget } of direct.conversations) await forget();
        const { gapMs, firstMs } = await worstGapMs((number, messages, maxTokens) =>
          direct.conversations[number].answer(messages, { maxTokens }),
        );
        besides.direct.push(firstMs);
        return gapMs;
      },
    },
    { rounds: 3, warmUp: 0 },
  );
  await direct.close();
  await node.stop();

  const against = 'node-llama-cpp used directly';
  const ratioOf = (figures) => medianRatio(figures, 'llm-local', 'direct');
  const pair = (name, figures, unit, figure = (value) => value) => [
    { case: `${name}: ${against}`, value: rounded(figure(median(figures.direct))), unit },
    {
      case: `${name}: llm-local`,
      value: rounded(figure(median(figures['llm-local']))),
      unit,
      ratio: rounded(figure(median(figures['llm-local'])) / figure(median(figures.direct))),
      against,
    },
  ];
  const warmRatio = median(turns.map(({ coldMs, warmMs }) => warmMs / coldMs));
  const worst = Math.max(...gaps['llm-local']);
  return {
    results: [
      ...pair('answering', decode, 'tokens/s', (perTokenMs) => 1_000 / perTokenMs),
      ...pair(`first token after ${promptTokens} new tokens`, cold, 'ms'),
      {
        case: 'first token of a second turn',
        value: rounded(median(turns.map(({ warmMs }) => warmMs))),
        unit: 'ms',
        ratio: rounded(warmRatio),
        against: 'the first turn',
      },
      {
        case: 'tokens of a second turn',
        value: median(turns.map(({ inputTokens }) => inputTokens)),
        unit: 'tokens',
      },
      {
        case: '  of which are remembered',
        value: median(turns.map(({ cachedTokens }) => cachedTokens)),
        unit: 'tokens',
      },
      ...pair('worst gap of three answers beside a long prompt', gaps, 'ms'),
      ...pair('first token of that prompt', besides, 'ms'),
    ],
    goals: [
      // At least 0.97 of the speed is at most 1 / 0.97 of the time.
      atMost('time per token against direct use', ratioOf(decode), 1 / 0.97),
      atMost('first token against direct use', ratioOf(cold), 1 / 0.97),
      atMost('first token of a second turn against the first', warmRatio, 0.05),
      atMost('worst gap beside a long prompt in ms', worst, 300),
    ],
  };
}
