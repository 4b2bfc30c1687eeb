import type { ModelMessage, ModelToolCall } from '@tiercel/capabilities/language-model';
import { type Fields, type Findings, field, isFields, unsupported } from './findings.js';

/**
 * Reads `messages`. Models take one system message at the front, so the texts of all of them, and of `developer`, are
 * joined there.
 */
export function parseMessages(value: unknown, findings: Findings): readonly ModelMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    findings.add('messages', 'a list with at least one message');
    return [];
  }
  const system: string[] = [];
  const others: ModelMessage[] = [];
  for (const [index, message] of value.entries()) {
    const param = `messages[${index}]`;
    if (!isFields(message)) {
      findings.add(param, 'an object');
      continue;
    }
    const role = field(message, 'role');
    if (role === 'system' || role === 'developer') system.push(parseText(message, param, findings));
    else {
      const parsed = parseMessage(role, message, param, findings);
      if (parsed) others.push(parsed);
    }
  }
  return system.length === 0 ? others : [{ role: 'system', text: system.join('\n\n') }, ...others];
}

function parseMessage(
  role: unknown,
  message: Fields,
  param: string,
  findings: Findings,
): ModelMessage | undefined {
  switch (role) {
    case 'user':
      return { role, text: parseText(message, param, findings) };
    case 'assistant':
      return parseAssistant(message, param, findings);
    case 'tool': {
      const toolCallId = field(message, 'tool_call_id');
      if (typeof toolCallId !== 'string') return findings.add(`${param}.tool_call_id`, 'a text');
      return { role, toolCallId, text: parseText(message, param, findings) };
    }
    default:
      return findings.add(`${param}.role`, 'system, developer, user, assistant or tool');
  }
}

function parseAssistant(message: Fields, param: string, findings: Findings): ModelMessage {
  const given = field(message, 'tool_calls');
  const hasText = field(message, 'content') !== undefined || field(message, 'refusal') !== undefined;
  const text = hasText || given === undefined ? parseText(message, param, findings) : '';
  if (given === undefined) return { role: 'assistant', text };
  if (!Array.isArray(given)) {
    findings.add(`${param}.tool_calls`, 'a list');
    return { role: 'assistant', text };
  }
  const toolCalls = given.flatMap((call, index) =>
    parseCall(call, `${param}.tool_calls[${index}]`, findings),
  );
  return { role: 'assistant', text, ...(toolCalls.length > 0 && { toolCalls }) };
}

function parseCall(call: unknown, param: string, findings: Findings): readonly ModelToolCall[] {
  const called = isFields(call) ? field(call, 'function') : undefined;
  const id = isFields(call) ? field(call, 'id') : undefined;
  const name = isFields(called) ? field(called, 'name') : undefined;
  const args = isFields(called) ? field(called, 'arguments') : undefined;
  if (typeof id !== 'string' || typeof name !== 'string' || typeof args !== 'string') {
    findings.add(param, 'a function call with id, name and arguments');
    return [];
  }
  const parsed = parseArguments(args);
  return [parsed ? { id, name, args: parsed } : { id, name, args: {}, isInvalid: true }];
}

/** What a model once wrote may be no JSON at all: it is told back as such. */
function parseArguments(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseText(message: Fields, param: string, findings: Findings): string {
  const content = field(message, 'content') ?? field(message, 'refusal');
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) {
    findings.add(`${param}.content`, 'a text or a list of text parts');
    return '';
  }
  return content.map((part, index) => parsePart(part, `${param}.content[${index}]`, findings)).join('');
}

function parsePart(part: unknown, param: string, findings: Findings): string {
  const type = isFields(part) ? field(part, 'type') : undefined;
  if (type === 'image_url' || type === 'input_audio' || type === 'file')
    unsupported(param, `its models read no parts of type ${type}`);
  const text = isFields(part) && (type === 'text' || type === 'refusal') ? field(part, type) : undefined;
  if (typeof text === 'string') return text;
  findings.add(param, 'a part of type text');
  return '';
}
