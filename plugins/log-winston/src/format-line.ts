import type { LogLevel, LogLine } from '@tiercel/capabilities/log';

/** One JSON object per line. Fields that are called like the line's own parts get `field.` in front. */
export function formatJson(line: LogLine, epochMs: number): string {
  const parts: Record<string, unknown> = { time: isoTime(epochMs), level: line.level };
  if ('plugin' in line.fields) parts['plugin'] = line.fields['plugin'];
  parts['message'] = line.message;
  for (const [name, value] of Object.entries(line.fields)) {
    if (name === 'plugin') continue;
    parts[name === 'time' || name === 'level' || name === 'message' ? `field.${name}` : name] = value;
  }
  return JSON.stringify(parts);
}

const COLOURS: Readonly<Record<LogLevel, number>> = { debug: 90, info: 36, warn: 33, error: 31 };

/** One line for people, and a second one per stack frame: `12:03:04.123 info  stt-whisper  model loaded  durationMs=400`. */
export function formatPretty(
  line: LogLine,
  epochMs: number,
  options: { readonly hasColour: boolean },
): string {
  const { plugin, error, ...fields } = line.fields;
  const paint = (text: string, colour: number) =>
    options.hasColour ? `\u001b[${colour}m${text}\u001b[0m` : text;
  const head = [paint(localTime(epochMs), 90), paint(line.level.padEnd(5), COLOURS[line.level])];
  if (plugin !== undefined) head.push(paint(visible(String(plugin)), 90));
  const parts = [`${head.join(' ')}  ${visible(line.message)}`];
  for (const [name, value] of Object.entries(fields))
    parts.push(`${visible(name)}=${visible(fieldText(value))}`);
  if (error === undefined) return parts.join('  ');
  const { text, frames } = describeError(error);
  return [`${parts.join('  ')}  ${visible(text)}`, ...frames.map((frame) => `    ${visible(frame)}`)].join(
    '\n',
  );
}

function fieldText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value)
    ? value
    : (JSON.stringify(value) ?? 'undefined');
}

function describeError(error: unknown): { readonly text: string; readonly frames: readonly string[] } {
  if (typeof error !== 'object' || error === null) return { text: fieldText(error), frames: [] };
  const { name, code, message, cause, stack } = error as Readonly<Record<string, unknown>>;
  const own = `${String(code ?? name ?? 'error')}: ${String(message ?? '')}`;
  const frames = Array.isArray(stack) ? stack.map(String) : [];
  if (cause === undefined) return { text: own, frames };
  const inner = describeError(cause);
  return { text: `${own} (because ${inner.text})`, frames: frames.length > 0 ? frames : inner.frames };
}

/** Control characters made visible, so that no text can fake a line or move the cursor. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function localTime(epochMs: number): string {
  const date = new Date(epochMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}
