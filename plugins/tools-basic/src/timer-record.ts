/** What the world model keeps of a timer, as one entry, so that it is never known by halves. */
export interface TimerRecord {
  readonly state: 'running' | 'done' | 'cancelled';
  /** What it was set to. */
  readonly seconds: number;
  /** Milliseconds since 1970. */
  readonly endsAtMs: number;
  readonly name?: string;
  /** In which it was set (BCP 47), and in which `spoken` is. */
  readonly language: string;
  /** What to say about its end; there once it is done. */
  readonly spoken?: string;
  /** It ended while its node was away. */
  readonly isMissed?: boolean;
}

export const timerLimits = { seconds: 604_800, nameLength: 40 } as const;

const states: readonly unknown[] = ['running', 'done', 'cancelled'] satisfies TimerRecord['state'][];

/** Undefined where it is none: anybody in the house can write into the world model. */
export function parseTimerRecord(value: unknown): TimerRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { state, seconds, endsAtMs, name, language, spoken, isMissed } = value as Record<string, unknown>;
  const isOne =
    states.includes(state) &&
    isNumber(seconds, timerLimits.seconds) &&
    isNumber(endsAtMs, Number.MAX_SAFE_INTEGER) &&
    isTextOrNone(name, timerLimits.nameLength) &&
    typeof language === 'string' &&
    isTextOrNone(language, 35) &&
    isTextOrNone(spoken, 1_000) &&
    (isMissed === undefined || typeof isMissed === 'boolean');
  // All of it was looked at.
  return isOne ? (value as TimerRecord) : undefined;
}

function isNumber(value: unknown, most: number): boolean {
  return typeof value === 'number' && value >= 0 && value <= most;
}

function isTextOrNone(value: unknown, length: number): boolean {
  return value === undefined || (typeof value === 'string' && value.length <= length);
}
