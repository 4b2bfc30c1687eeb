import type { ModelRequest } from '@tiercel/capabilities/language-model';
import { parseMessages } from './chat-messages.js';
import { parseTools } from './chat-tools.js';
import { type Fields, Findings, field, isFields, unsupported } from './findings.js';

const MAX_STOPS = 4;

/** The body of a chat completion, checked. What OpenAI knows and we do not need is ignored, as are unknown fields. */
export interface ChatRequest {
  readonly model: string;
  readonly request: ModelRequest;
  readonly isStream: boolean;
  readonly includesUsage: boolean;
  /** Whether the answer may hold several tool calls. */
  readonly isParallel: boolean;
}

export function parseChatRequest(body: unknown): ChatRequest {
  const findings = new Findings();
  if (!isFields(body)) {
    findings.add('body', 'a JSON object');
    findings.throwIfAny();
  }
  const fields = isFields(body) ? body : {};
  refuse(fields);
  const model = field(fields, 'model');
  if (typeof model !== 'string' || model === '') findings.add('model', 'the id of a model');
  const request: ModelRequest = {
    messages: parseMessages(field(fields, 'messages'), findings),
    ...parseTools(fields, findings),
    ...parseSampling(fields, findings),
  };
  const isStream = readFlag(fields, 'stream', false, findings);
  const isParallel = readFlag(fields, 'parallel_tool_calls', true, findings);
  const streamOptions = field(fields, 'stream_options') ?? {};
  if (!isFields(streamOptions)) findings.add('stream_options', 'an object');
  const includesUsage = isFields(streamOptions) && readFlag(streamOptions, 'include_usage', false, findings);
  findings.throwIfAny();
  return { model: String(model), request, isStream, includesUsage, isParallel };
}

/** What would give another answer than was asked for. */
function refuse(body: Fields): void {
  const count = field(body, 'n') ?? 1;
  if (count !== 1) unsupported('n', 'it gives one answer to a request');
  if ((field(body, 'logprobs') ?? false) !== false)
    unsupported('logprobs', 'its models tell no probabilities');
  const modalities = field(body, 'modalities');
  if (Array.isArray(modalities) && modalities.some((kind) => kind !== 'text'))
    unsupported('modalities', 'it answers in text');
}

function parseSampling(body: Fields, findings: Findings): Partial<ModelRequest> {
  const number = (name: string, expected: string, fits: (value: number) => boolean): number | undefined => {
    const value = field(body, name);
    if (value === undefined || (typeof value === 'number' && fits(value))) return value;
    return findings.add(name, expected);
  };
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
  const temperature = number('temperature', 'a number from 0 to 2', (value) => value >= 0 && value <= 2);
  const topP = number('top_p', 'a number above 0 and at most 1', (value) => value > 0 && value <= 1);
  const seed = number('seed', 'a whole number', Number.isSafeInteger);
  const older = number('max_tokens', 'a whole number from 1', isCount);
  const maxTokens = number('max_completion_tokens', 'a whole number from 1', isCount) ?? older;
  const stop = parseStop(field(body, 'stop'), findings);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(seed !== undefined && { seed }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(stop && stop.length > 0 && { stop }),
  };
}

function parseStop(value: unknown, findings: Findings): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const stops = list.filter((stop): stop is string => typeof stop === 'string' && stop !== '');
  if (stops.length === list.length && list.length <= MAX_STOPS) return stops;
  return findings.add('stop', `a text or at most ${MAX_STOPS} texts`);
}

function readFlag(body: Fields, name: string, absent: boolean, findings: Findings): boolean {
  const value = field(body, name) ?? absent;
  if (typeof value === 'boolean') return value;
  findings.add(name, 'true or false');
  return absent;
}
