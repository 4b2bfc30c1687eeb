import { checkWorldPrefix, WorldModelError, worldLimits } from '@tiercel/capabilities/world-model';
import { GatewayError } from '../errors.js';

/** As Express gives them: a name that comes twice has a list. */
export type Query = Readonly<Record<string, unknown>>;

/** Checks what a query says. Throws all that is wrong together, as `GATEWAY_FIELDS_INVALID`. */
export class WorldQuery {
  readonly #query: Query;
  readonly #findings: string[] = [];

  constructor(query: Query, known: readonly string[]) {
    this.#query = query;
    for (const name of Object.keys(query)) {
      if (!known.includes(name))
        this.#findings.push(`the query has an unknown field; there are ${known.join(', ')}`);
    }
  }

  /** What is at or below a key; empty for everything. A slash at the end makes no difference. */
  prefix(): string {
    const prefix = this.text('prefix').replace(/\/$/, '');
    try {
      checkWorldPrefix(prefix);
    } catch (error) {
      if (!(error instanceof WorldModelError)) throw error;
      this.#findings.push('prefix is no key of the world model, and not the beginning of one at a slash');
    }
    return prefix;
  }

  /** Empty where it is left out. */
  text(name: string): string {
    const value = this.#query[name] ?? '';
    if (typeof value === 'string') return value;
    this.#findings.push(`${name} is there more than once`);
    return '';
  }

  count(name: string, highest: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(name);
    if (text === '') return undefined;
    const count = Number(text);
    if (/^\d{1,16}$/.test(text) && count <= highest) return count;
    const bound = highest === Number.MAX_SAFE_INTEGER ? '' : ` of at most ${highest}`;
    this.#findings.push(`${name} is not a whole number${bound}`);
    return undefined;
  }

  /** Records or entries that an answer may have. */
  limit(): number {
    const limit = this.count('limit', worldLimits.historyRecords) ?? worldLimits.historyRecords;
    if (limit === 0) this.#findings.push('limit is 0');
    return limit;
  }

  refuse(finding: string): void {
    this.#findings.push(finding);
  }

  check(): void {
    const findings = [...new Set(this.#findings)];
    if (findings.length > 0) throw new GatewayError('GATEWAY_FIELDS_INVALID', { findings });
  }
}
