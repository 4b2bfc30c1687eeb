import { GatewayError } from '../errors.js';

export type Fields = Readonly<Record<string, unknown>>;

/** Collects all that is wrong with a request, so that its author hears of everything at once. */
export class Findings {
  readonly #findings: { readonly param: string; readonly finding: string }[] = [];

  add(param: string, expected: string): undefined {
    this.#findings.push({ param, finding: `${param} is not ${expected}` });
  }

  throwIfAny(): void {
    const [first] = this.#findings;
    if (!first) return;
    const findings = this.#findings.slice(0, 10).map(({ finding }) => finding);
    throw new GatewayError('GATEWAY_REQUEST_INVALID', { findings, param: first.param });
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of its own; what is `null` counts as absent, as OpenAI has it. */
export function field(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined;
}

export function unsupported(param: string, finding: string): never {
  throw new GatewayError('GATEWAY_VALUE_UNSUPPORTED', { param, finding });
}
