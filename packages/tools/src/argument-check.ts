import type { JsonSchema } from '@tiercel/capabilities/tool-provider';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** What does not fit, one sentence each and without the values; empty if everything fits. */
export type ArgumentCheck = (args: unknown) => readonly string[];

const MAX_BYTES = 65_536;
const MAX_FINDINGS = 20;

/** Compiles the schema of a tool's arguments. Throws ajv's error if it is not a strict JSON Schema 2020-12. */
export function compileArgumentCheck(parameters: JsonSchema): ArgumentCheck {
  // One instance per schema, so that ids and definitions of different tools never meet.
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, logger: false });
  addFormats.default(ajv);
  const validate = ajv.compile(parameters);
  return (args) => {
    const finding = findOutsideSchema(args);
    if (finding !== undefined) return [finding];
    if (validate(args)) return [];
    return [...new Set((validate.errors ?? []).map(describe))].slice(0, MAX_FINDINGS);
  };
}

/** Many errors of one huge value would cost more than the call, so its size comes first. */
function findOutsideSchema(args: unknown): string | undefined {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return 'arguments are not an object';
  try {
    return Buffer.byteLength(JSON.stringify(args)) > MAX_BYTES
      ? `arguments have more than ${MAX_BYTES} bytes`
      : undefined;
  } catch {
    return 'arguments are not JSON';
  }
}

function describe({ keyword, instancePath, params, message }: ErrorObject): string {
  const where = instancePath === '' ? 'the call' : instancePath.slice(1, 100).replaceAll('/', '.');
  const { additionalProperty, missingProperty, allowedValues, allowedValue } = params as Readonly<
    Record<string, unknown>
  >;
  switch (keyword) {
    case 'additionalProperties':
      // Written by the caller, so only what looks like a name is repeated.
      return /^\w{1,64}$/.test(String(additionalProperty))
        ? `${where} has no argument ${String(additionalProperty)}`
        : `${where} has an unknown argument`;
    case 'required':
      return `${where} lacks ${String(missingProperty)}`;
    case 'enum':
      return `${where} must be one of ${(allowedValues as readonly unknown[]).slice(0, 50).join(', ')}`;
    case 'const':
      return `${where} must be ${String(allowedValue)}`;
    default:
      return `${where} ${message ?? 'is wrong'}`;
  }
}
