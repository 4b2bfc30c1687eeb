import { readFile } from 'node:fs/promises';
import { Discovery } from '@tiercel/capabilities/discovery';
import { LanguageModel, type ModelRequest, type ModelUsage } from '@tiercel/capabilities/language-model';
import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { type JsonObject, parseJsonObject } from '../json-object.js';

export interface AskModelOptions {
  /** Print the answer as it is written. */
  readonly stream?: boolean;
  readonly system?: string;
  /** File of a JSON Schema that the answer must fit. */
  readonly schema?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly tier?: string;
  readonly json?: boolean;
}

interface Answer {
  text: string;
  model: string;
  provider: string | undefined;
  finishReason: string;
  usage: ModelUsage | undefined;
  firstTextMs: number | undefined;
}

/** Asks the language model of a tier one question, wherever that model runs. */
export async function askModel(context: Context, words: string, options: AskModelOptions): Promise<number> {
  const { terminal, signal } = context;
  const { stream = false, json = false, tier } = options;
  const question = words.trim() || (await readAll(context)).trim();
  if (question === '') throw new CliError('CLI_TEXT_EMPTY', { command: 'tiercel model ask' });
  const request = await requestOf(question, options);
  await using node = await bootNode(context, {
    tier,
    only: [LanguageModel.id],
    // A model on another machine may have to be found first.
    ifOffered: [Discovery.id],
  });
  const model = node.get(LanguageModel);
  const startedMs = performance.now();
  const answer: Answer = {
    text: '',
    model: model.features.model,
    provider: undefined,
    finishReason: 'stop',
    usage: undefined,
    firstTextMs: undefined,
  };
  const isShown = stream && !json;
  try {
    for await (const event of model.generate(request, { signal })) {
      switch (event.type) {
        case 'text-delta':
          answer.firstTextMs ??= performance.now() - startedMs;
          answer.text += event.text;
          if (isShown) terminal.write(event.text);
          break;
        case 'usage':
          answer.usage = event.usage;
          break;
        case 'end':
          answer.finishReason = event.finishReason;
          answer.provider = event.provider;
          break;
        case 'tool-call':
          // None was offered.
          break;
        default:
          event satisfies never;
      }
    }
  } finally {
    // What follows, an error too, begins on a line of its own.
    if (isShown && answer.text !== '') terminal.print('');
  }
  if (json) {
    const { firstTextMs, ...rest } = answer;
    const times = {
      firstTextMs: firstTextMs === undefined ? null : Math.round(firstTextMs),
      tookMs: Math.round(performance.now() - startedMs),
    };
    terminal.print(JSON.stringify({ ...rest, ...times }, undefined, 2));
  } else if (!stream) terminal.print(answer.text);
  if (answer.finishReason === 'length') terminal.note('The answer was cut: it reached --max-tokens.\n');
  return 0;
}

async function requestOf(question: string, options: AskModelOptions): Promise<ModelRequest> {
  const { system, schema, maxTokens, temperature } = options;
  return {
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', text: system } as const]),
      { role: 'user', text: question },
    ],
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(schema !== undefined && { responseSchema: await readSchema(schema) }),
  };
}

async function readSchema(file: string): Promise<JsonObject> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new CliError('CLI_SCHEMA_UNREADABLE', { file, reason: cause.message }, { cause });
  });
  const parsed = parseJsonObject(text);
  if ('value' in parsed) return parsed.value;
  throw new CliError('CLI_SCHEMA_UNREADABLE', { file, reason: parsed.finding });
}

/** Everything on standard input, unless a person sits there. */
async function readAll({ terminal }: Context): Promise<string> {
  if (terminal.isInputTty) return '';
  let text = '';
  for await (const chunk of terminal.stdin) text += String(chunk);
  return text;
}
