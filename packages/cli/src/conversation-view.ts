import type { Paint } from './paint.js';
import type { SessionTurn } from './session.js';

export interface ShowTurnOptions {
  readonly paint: Paint;
  /** Whether what was typed stands on the screen already. */
  readonly isPrompted: boolean;
}

/** A turn as the lines that were said in it. */
export function showTurn(
  { summary, calls, source }: SessionTurn,
  { paint, isPrompted }: ShowTurnOptions,
): string {
  const lines: string[] = [];
  const row = (name: string, text: string) => lines.push(`${name.padEnd(9)} ${text}`);
  if (source.type !== 'text' || !isPrompted) {
    row('you', summary.heard || paint('dim', '(nothing that was said to me)'));
  }
  for (const { tool, args } of calls) row('', paint('dim', `${tool} ${JSON.stringify(args)}`));
  if (summary.said) row('tiercel', paint('cyan', summary.said));
  if (summary.outcome === 'interrupted') row('', paint('dim', '(interrupted)'));
  if (summary.error) row('failed', paint('red', `${summary.error.code}: ${summary.error.message}`));
  return lines.join('\n');
}
