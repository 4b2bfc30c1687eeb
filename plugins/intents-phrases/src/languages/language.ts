/** What the recogniser knows about a language. Words are written as people write them; they are folded like sentences. */
export interface Language {
  /** Words that never count. */
  readonly articles: readonly string[];
  /** Words and endings (with their apostrophe) that stand for several words. */
  readonly contractions: Readonly<Record<string, string>>;
  /** Parts of words that count as words of their own. */
  readonly splits?: readonly string[];
  /** How "3,000" and "2.5" are written: which character groups digits, the other one starts the decimals. */
  readonly groups: ',' | '.';
  /** Signs that are read as words. */
  readonly signs: Readonly<Record<string, string>>;
  /** Polite words and fillers around a command. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Polite words that may stand anywhere. */
  readonly anywhere: readonly string[];
  /** All ways to say a whole number from 0 to 999. */
  spell(number: number): readonly string[];
  readonly halves: readonly string[];
  /** Amounts with a name of their own. */
  readonly amounts: Readonly<Record<string, number>>;
  readonly thousands: readonly string[];
  readonly millions: readonly string[];
  readonly points: readonly string[];
  readonly minuses: readonly string[];
  readonly ands: readonly string[];
  /** Spans of time with a name, in seconds: units, which may follow a number, and others. */
  readonly units: Readonly<Record<string, number>>;
  readonly spans: Readonly<Record<string, number>>;
  /** Operators between two numbers; the value is what stands in the expression. */
  readonly operators: Readonly<Record<string, string>>;
  /** Said before a number, such as "the square root of". */
  readonly functions: Readonly<Record<string, string>>;
  /** Said after a number, such as "squared". */
  readonly powers: Readonly<Record<string, string>>;
}
