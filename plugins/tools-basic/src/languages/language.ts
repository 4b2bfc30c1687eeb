import type { ToolPhrases } from '@tiercel/capabilities/tool-provider';
import type { UnitName } from '../units.js';

export type ToolName =
  | 'get_time'
  | 'get_date'
  | 'calculate'
  | 'convert_units'
  | 'set_timer'
  | 'list_timers'
  | 'cancel_timer';

export interface TimerLeft {
  readonly name: string | undefined;
  readonly left: string;
  /** Where it runs, if that is not here. */
  readonly place: string | undefined;
}

/** How people ask these tools in one language, and how the tools answer. */
export interface Language {
  readonly tag: string;
  readonly phrases: Readonly<Record<ToolName, ToolPhrases>>;
  /** Ways to say each unit: for one, for many, then others. */
  readonly units: Readonly<Record<UnitName, readonly [one: string, many: string, ...others: string[]]>>;
  time(epochMs: number, timeZone: string): string;
  date(epochMs: number, timeZone: string): string;
  result(value: string): string;
  converted(value: string, from: string, result: string, to: string): string;
  timerSet(duration: string, name: string | undefined): string;
  timersLeft(timers: readonly TimerLeft[]): string;
  timerDone(name: string | undefined): string;
  /** It ended while nobody could tell. */
  timerMissed(name: string | undefined): string;
  timersCancelled(count: number): string;
  whichTimer(count: number): string;
  /** "1 hour, 5 minutes and 3 seconds": one, many and the word before the last part. */
  readonly spans: {
    readonly day: readonly [string, string];
    readonly hour: readonly [string, string];
    readonly minute: readonly [string, string];
    readonly second: readonly [string, string];
    readonly and: string;
  };
  /** A number beyond what anybody says in full. */
  power(factor: string, exponent: number): string;
}

/** All words for units as choices of `{argument}`. */
export function unitSlot(argument: string, words: Language['units']): string {
  const choices = Object.entries(words).flatMap(([unit, ways]) =>
    [...new Set(ways)].map((way) => `${way}=${unit}`),
  );
  return `{${argument}:${choices.join('|')}}`;
}

/** A date or time in parts, as the language's own calendar writes them. */
export function dateParts(
  tag: string,
  epochMs: number,
  options: Intl.DateTimeFormatOptions,
): Readonly<Record<string, string>> {
  const parts = new Intl.DateTimeFormat(tag, options).formatToParts(epochMs);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}
