import type { ModelToolCall } from '@tiercel/capabilities/language-model';

/** How a chat template writes a call: `prefix` name `paramsPrefix` JSON `suffix`. */
export interface ToolCallSyntax {
  /** All ways in which a call may begin, the usual one first. */
  readonly prefixes: readonly string[];
  readonly paramsPrefix: string;
  readonly suffix: string;
}

/**
 * Finds the calls in what a model wrote from the beginning of its first call. Arguments that are not a JSON object make
 * a call that is marked as invalid, so that the model can be told.
 */
export function parseToolCalls(
  text: string,
  syntax: ToolCallSyntax,
  nextId: () => string,
): readonly ModelToolCall[] {
  const prefixes = syntax.prefixes.map((prefix) => prefix.trim()).filter((prefix) => prefix !== '');
  const paramsPrefix = syntax.paramsPrefix.trim();
  const calls: ModelToolCall[] = [];
  let rest = text;
  for (;;) {
    const start = firstOf(rest, prefixes);
    if (!start) return calls;
    rest = rest.slice(start.index + start.prefix.length);
    const brace = rest.indexOf('{');
    const nameEnd = paramsPrefix === '' ? brace : rest.indexOf(paramsPrefix);
    const rawName = nameEnd < 0 ? (/^\s*[\w-]+/.exec(rest)?.[0] ?? '') : rest.slice(0, nameEnd);
    const name = rawName.trim().replace(/^"|"$/g, '');
    const argsStart = nameEnd < 0 ? rawName.length : nameEnd + paramsPrefix.length;
    const json = balancedObject(rest.slice(argsStart));
    rest = rest.slice(argsStart + (json?.end ?? 0));
    calls.push(toCall(nextId(), name, json?.text));
  }
}

function toCall(id: string, name: string, json: string | undefined): ModelToolCall {
  const args = json === undefined ? undefined : parseObject(json);
  return args ? { id, name, args } : { id, name, args: {}, isInvalid: true };
}

function firstOf(text: string, prefixes: readonly string[]): { index: number; prefix: string } | undefined {
  let best: { index: number; prefix: string } | undefined;
  for (const prefix of prefixes) {
    const index = text.indexOf(prefix);
    if (index >= 0 && (!best || index < best.index)) best = { index, prefix };
  }
  return best;
}

/** The object that `text` begins with, up to its closing brace. */
function balancedObject(text: string): { text: string; end: number } | undefined {
  const start = text.search(/\S/);
  if (start < 0 || text[start] !== '{') return undefined;
  let depth = 0;
  let isInString = false;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (isInString && character === '\\') i++;
    else if (character === '"') isInString = !isInString;
    else if (isInString) continue;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return { text: text.slice(start, i + 1), end: i + 1 };
  }
  return undefined;
}

export function parseObject(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
