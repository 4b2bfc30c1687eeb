import type { Colour, Paint } from './paint.js';
import { printable } from './printable.js';
import type { SessionTurn } from './session.js';
import { wrap } from './wrap.js';

export interface ShowTurnOptions {
  readonly paint: Paint;
  /** Width of the terminal; `undefined` keeps each row on one line, for programs. */
  readonly columns?: number | undefined;
  /** Whether what was typed stands on the screen already. */
  readonly isPrompted: boolean;
}

/** A turn as the lines that were said in it. */
export function showTurn(
  { summary, calls, source }: SessionTurn,
  { paint, columns = Number.POSITIVE_INFINITY, isPrompted }: ShowTurnOptions,
): string {
  const lines: string[] = [];
  const row = (name: string, text: string, colour?: Colour) => {
    for (const [index, line] of wrap(printable(text), { columns, indent: 10 }).entries()) {
      lines.push(`${(index === 0 ? name : '').padEnd(9)} ${colour ? paint(colour, line) : line}`);
    }
  };
  if (source.type !== 'text' || !isPrompted) {
    if (summary.heard) row('you', summary.heard);
    else row('you', '(nothing that was said to me)', 'dim');
  }
  for (const { tool, args } of calls) row('', `${tool} ${JSON.stringify(args)}`, 'dim');
  if (summary.said) row('tiercel', summary.said, 'cyan');
  if (summary.outcome === 'interrupted') row('', '(interrupted)', 'dim');
  if (summary.error) row('failed', `${summary.error.code}: ${summary.error.message}`, 'red');
  return lines.join('\n');
}
