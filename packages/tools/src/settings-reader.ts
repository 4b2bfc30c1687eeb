import { nearest } from '@tiercel/kernel';

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Reads one YAML map of the configuration. What is wrong is collected, so that all of it can be told together. */
export class SettingsReader {
  readonly where: string;
  readonly findings: string[];
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();

  constructor(where: string, value: unknown, findings: string[]) {
    this.where = where;
    this.findings = findings;
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isMap) findings.push(`${where} is not a map`);
    this.#values = isMap ? (value as Readonly<Record<string, unknown>>) : {};
  }

  get keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined;
  }

  /** As it stands there. */
  raw(key: string): unknown {
    this.#asked.add(key);
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined;
  }

  wrong(key: string, finding: string): void {
    this.findings.push(`${this.where}.${key} ${finding}`);
  }

  text(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value)) return value;
    this.wrong(key, 'is not a text of one line');
    return undefined;
  }

  /** Without it nothing works; the text is empty if it is not there, and that is noted. */
  neededText(key: string): string {
    if (!this.has(key)) this.wrong(key, 'is missing');
    return this.text(key) ?? '';
  }

  flag(key: string): boolean | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'boolean') return value;
    this.wrong(key, 'is not true or false');
    return undefined;
  }

  whole(key: string, range: Range): number | undefined {
    const value = this.number(key, range);
    if (value === undefined || Number.isSafeInteger(value)) return value;
    this.wrong(key, 'is not a whole number');
    return undefined;
  }

  number(key: string, { min, max }: Range): number | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= min && value <= max) return value;
    this.wrong(key, `is not a number from ${min} to ${max}`);
    return undefined;
  }

  choice<T extends string>(key: string, choices: readonly T[]): T | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined) this.wrong(key, `is not one of ${choices.join(', ')}`);
    return chosen;
  }

  texts(key: string): readonly string[] | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
    if (isList && value.length > 0) return value;
    this.wrong(key, 'is not a list of texts with at least one in it');
    return undefined;
  }

  map(key: string): SettingsReader {
    return new SettingsReader(`${this.where}.${key}`, this.raw(key) ?? {}, this.findings);
  }

  /** Each entry of the map under `key`. */
  maps(key: string): ReadonlyMap<string, SettingsReader> {
    const outer = this.map(key);
    return new Map(outer.keys.map((name) => [name, outer.map(name)]));
  }

  /** Notes the keys that nobody asked for. */
  done(): void {
    for (const key of this.keys) {
      if (this.#asked.has(key)) continue;
      const near = nearest(key, this.#asked);
      this.findings.push(
        `${this.where} has no key "${key}"${near === undefined ? '' : `; do you mean "${near}"?`}`,
      );
    }
  }
}
