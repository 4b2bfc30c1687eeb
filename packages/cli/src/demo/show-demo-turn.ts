import path from 'node:path';
import type { Colour, Paint } from '../paint.js';
import { printable } from '../printable.js';
import type { SessionTurn } from '../session.js';
import { wrap } from '../wrap.js';
import { drawTimeline } from './draw-timeline.js';
import type { WorldStep } from './world-diary.js';

export interface ShowDemoTurnOptions {
  readonly number: number;
  readonly steps: readonly WorldStep[];
  readonly columns: number;
  readonly paint: Paint;
}

/** What stands left of the text of each row. */
const INDENT = 15;

/** Below this many columns the timeline begins further left. */
const NARROW = 70;

/** A turn as a person would want to read it: heard, understood, done, said, and how long each stage took. */
export function showDemoTurn(
  turn: SessionTurn,
  { number, steps, columns, paint }: ShowDemoTurnOptions,
): string {
  const { summary, source } = turn;
  const row = (name: string, text: string, colour?: Colour) =>
    wrap(printable(text), { columns, indent: INDENT }).map(
      (line, index) =>
        `   ${paint('dim', (index === 0 ? name : '').padEnd(11))} ${colour ? paint(colour, line) : line}`,
    );
  const title =
    source.type === 'recording'
      ? path.basename(source.name)
      : source.type === 'text'
        ? 'typed'
        : 'microphone';
  const lines = [`${paint('bold', `${number}  ${title}`)}`];
  lines.push(
    ...row(source.type === 'text' ? 'read' : 'heard', summary.heard || 'nothing that was said to me'),
  );
  if (summary.outcome !== 'empty') lines.push(...row('understood', understood(turn)));
  for (const { key, from, to } of steps) {
    lines.push(...row('changed', `${nameOf(key)}: ${show(from)} → ${show(to)}`, 'green'));
  }
  if (summary.said) lines.push(...row('said', summary.said, 'cyan'));
  if (summary.outcome === 'interrupted') lines.push(...row('', 'and was interrupted'));
  if (summary.error) lines.push(...row('failed', `${summary.error.code}: ${summary.error.message}`, 'red'));
  if (summary.totalMs > 0) {
    const span = source.type === 'text' ? 'from the text' : 'from the end of speech';
    lines.push(...row('took', `${Math.round(summary.totalMs)} ms ${span} to the first sound`));
    const indent = columns < NARROW ? 3 : INDENT;
    const bars = drawTimeline(summary.spans, {
      width: Math.max(6, Math.min(48, columns - indent - 24)),
      paint,
    });
    lines.push(...bars.map((bar) => ' '.repeat(indent) + bar));
  }
  return lines.join('\n');
}

function understood({ summary, calls }: SessionTurn): string {
  const by = {
    phrase: 'by a phrase, without a model',
    model: 'by the language model',
    none: 'by nothing',
  }[summary.path];
  const called = calls.map(({ tool, args }) => `${tool} ${JSON.stringify(args)}`).join(', ');
  return called ? `${by}: ${called}` : by;
}

/** `device/living-room-lamp/state` is, for people, the living room lamp. */
function nameOf(key: string): string {
  return key
    .replace(/^device\//, '')
    .replace(/\/state$/, '')
    .replaceAll('-', ' ');
}

function show(value: unknown): string {
  if (value === undefined) return 'unknown';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
