import type { Colour, Paint } from '../paint.js';

export interface DrawTimelineOptions {
  /** Width of the longest bar, in characters. */
  readonly width: number;
  readonly paint: Paint;
}

/** Shorter stages are summed up: they would be bars without a length. */
const SHORT_MS = 10;

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const colours: readonly Colour[] = ['blue', 'cyan', 'green', 'yellow', 'magenta'];

/** How long each stage took, one bar below the other, each beginning where the one before ended. */
export function drawTimeline(
  spans: Readonly<Record<string, number>>,
  { width, paint }: DrawTimelineOptions,
): string[] {
  const stages = Object.entries(spans);
  const totalMs = stages.reduce((sum, [, ms]) => sum + ms, 0);
  const long = stages.filter(([, ms]) => ms >= SHORT_MS);
  const restMs = totalMs - long.reduce((sum, [, ms]) => sum + ms, 0);
  const nameWidth = Math.max(...long.map(([name]) => name.length), 'the rest'.length);
  const line = (name: string, bar: string, ms: number) =>
    `${name.padEnd(nameWidth)}  ${bar}  ${Math.round(ms)} ms`;
  let beginMs = 0;
  const lines = stages.flatMap(([name, ms]) => {
    const startMs = beginMs;
    beginMs += ms;
    if (ms < SHORT_MS) return [];
    const colour = colours[long.findIndex(([stage]) => stage === name) % colours.length] ?? 'blue';
    const indent = ' '.repeat(Math.floor((startMs / totalMs) * width));
    return [line(name, indent + paint(colour, barOf((ms / totalMs) * width)), ms)];
  });
  return restMs >= 1 ? [...lines, line('the rest', '', restMs)] : lines;
}

function barOf(length: number): string {
  const whole = Math.floor(length);
  return '█'.repeat(whole) + (eighths[Math.floor((length - whole) * 8)] ?? '') || '▏';
}
