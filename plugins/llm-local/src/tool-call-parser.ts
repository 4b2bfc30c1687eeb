import type { ModelToolCall } from '@tiercel/capabilities/language-model';

/** How a chat template writes a call: `prefix` name `paramsPrefix` JSON `suffix`. */
export interface ToolCallSyntax {
  /** All ways in which a call may begin, the usual one first. */
  readonly prefixes: readonly string[];
  readonly paramsPrefix: string;
  readonly suffix: string;
}

/** Shorter beginnings than this stand in prose, too. */
const MIN_MARK_LENGTH = 3;

/**
 * Texts at which prose ends and a call begins: of each prefix what stands before its first space. Models copy that much,
 * and vary the spaces behind it.
 */
export function callMarks({ prefixes }: ToolCallSyntax): readonly string[] {
  const marks = prefixes.map((prefix) => {
    const [mark = ''] = prefix.trim().split(/\s/);
    return mark.length < MIN_MARK_LENGTH ? prefix.trim() : mark;
  });
  return [...new Set(marks)].filter((mark) => mark !== '');
}

/**
 * Finds the calls in what a model wrote from the beginning of its first call: as `{ name, arguments }`, however that is
 * spaced, else in the syntax of the template. Arguments that are not a JSON object make a call that is marked as invalid,
 * so that the model can be told.
 */
export function parseToolCalls(
  text: string,
  syntax: ToolCallSyntax,
  nextId: () => string,
): readonly ModelToolCall[] {
  const marks = callMarks(syntax);
  const calls: ModelToolCall[] = [];
  for (let at = 0; ; ) {
    const mark = firstOf(text, marks, at);
    if (!mark) return calls;
    const read = readObject(text, mark) ?? readSyntax(text, mark, syntax);
    calls.push(toCall(nextId(), read));
    at = read.end;
  }
}

interface Mark {
  readonly index: number;
  readonly text: string;
}

interface ReadCall {
  readonly name: string;
  /** Absent where they are no JSON object. */
  readonly args: Readonly<Record<string, unknown>> | undefined;
  /** Where the call ends in the text. */
  readonly end: number;
}

function toCall(id: string, { name, args }: ReadCall): ModelToolCall {
  return args ? { id, name, args } : { id, name, args: {}, isInvalid: true };
}

function firstOf(text: string, marks: readonly string[], at: number): Mark | undefined {
  let best: Mark | undefined;
  for (const mark of marks) {
    const index = text.indexOf(mark, at);
    if (index >= 0 && (!best || index < best.index)) best = { index, text: mark };
  }
  return best;
}

/** `{ "name": …, "arguments": … }` behind the mark, or beginning with it. */
function readObject(text: string, mark: Mark): ReadCall | undefined {
  const brace = mark.text.indexOf('{');
  const start = mark.index + (brace < 0 ? mark.text.length : brace);
  const json = balancedObject(text.slice(start));
  const call = json && parseObject(json.text);
  const name = call?.['name'];
  if (!json || typeof name !== 'string') return undefined;
  const args = call?.['arguments'] ?? call?.['parameters'];
  return { name, args: typeof args === 'string' ? parseObject(args) : objectOf(args), end: start + json.end };
}

/** Prefix, name, what stands before the arguments, and the arguments. */
function readSyntax(text: string, mark: Mark, syntax: ToolCallSyntax): ReadCall {
  const prefix = syntax.prefixes.map((each) => each.trim()).find((each) => text.startsWith(each, mark.index));
  const nameStart = mark.index + (prefix ?? mark.text).length;
  const rest = text.slice(nameStart);
  const paramsPrefix = syntax.paramsPrefix.trim();
  const nameEnd = paramsPrefix === '' ? rest.indexOf('{') : rest.indexOf(paramsPrefix);
  const rawName = nameEnd < 0 ? (/^\s*[\w-]+/.exec(rest)?.[0] ?? '') : rest.slice(0, nameEnd);
  const argsStart = nameEnd < 0 ? rawName.length : nameEnd + paramsPrefix.length;
  const json = balancedObject(rest.slice(argsStart));
  return {
    name: rawName.trim().replace(/^"|"$/g, ''),
    args: json && parseObject(json.text),
    end: nameStart + argsStart + (json?.end ?? 0),
  };
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
    return objectOf(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
