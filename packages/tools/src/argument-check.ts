import type { JsonSchema } from '@tiercel/capabilities/tool-provider';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { withinTime } from './bounded-time.js';
import { canonicalJson } from './canonical-json.js';
import { isCostly } from './schema-findings.js';

/** What does not fit, one sentence each and without the values; empty if everything fits. */
export type ArgumentCheck = (args: unknown) => readonly string[];

const MAX_BYTES = 65_536;
const MAX_DEPTH = 32;
const MAX_FINDINGS = 20;
const CHECK_TIMEOUT_MS = 250;
/** A busy machine may lose that much time by itself once. */
const CHECK_ATTEMPTS = 2;
const META_SCHEMA = 'https://json-schema.org/draft/2020-12/schema';

export interface CompileOptions {
  /** Whether words and formats that mean nothing are refused. Default `true`. */
  readonly isStrict?: boolean;
}

/** Compiles the schema of a tool's arguments. Throws if it is not JSON Schema 2020-12. */
export function compileArgumentCheck(
  parameters: JsonSchema,
  { isStrict = true }: CompileOptions = {},
): ArgumentCheck {
  demandSchema(parameters);
  const validate = createAjv(isStrict).compile(parameters);
  const run = isCostly(parameters) ? withinTimeOf(validate) : validate;
  return (args) => {
    const finding = findOutsideSchema(args);
    if (finding !== undefined) return [finding];
    try {
      if (run(args)) return [];
    } catch {
      // Out of time, or of stack: schemas can refer to themselves.
      return ['checking them takes too long'];
    }
    return [...new Set((validate.errors ?? []).map(describe))].slice(0, MAX_FINDINGS);
  };
}

function withinTimeOf(validate: (args: unknown) => boolean): (args: unknown) => boolean {
  return (args) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return withinTime(CHECK_TIMEOUT_MS, () => validate(args));
      } catch (error) {
        if (attempt === CHECK_ATTEMPTS) throw error;
      }
    }
  };
}

/** Compiled once: the schema of all schemas takes more time than all tools of a node. */
let metaSchema: Ajv2020 | undefined;

function demandSchema(parameters: JsonSchema): void {
  metaSchema ??= new Ajv2020({ logger: false });
  // Whatever `$schema` claims, this is what it is read as.
  metaSchema.validateSchema({ ...parameters, $schema: META_SCHEMA }, true);
}

/** One instance per schema, so that ids and definitions of different tools never meet. */
function createAjv(isStrict: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    strict: isStrict,
    allErrors: true,
    allowUnionTypes: true,
    // Without it `required: [constructor]` is met by what every object inherits.
    ownProperties: true,
    meta: false,
    validateSchema: false,
    // Each definition is compiled once, however often it is referred to.
    inlineRefs: false,
    logger: false,
  });
  addFormats.default(ajv);
  // The one of ajv compares each item with each other.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not hold the same twice' },
    validate: (isDemanded: boolean, items: readonly unknown[]) =>
      !isDemanded || new Set(items.map(canonicalJson)).size === items.length,
  });
  return ajv;
}

/** Many errors of one huge value would cost more than the call, so its size comes first. */
function findOutsideSchema(args: unknown): string | undefined {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return 'arguments are not an object';
  if (isDeeperThan(args, MAX_DEPTH)) return `arguments are more than ${MAX_DEPTH} levels deep`;
  try {
    return Buffer.byteLength(JSON.stringify(args)) > MAX_BYTES
      ? `arguments have more than ${MAX_BYTES} bytes`
      : undefined;
  } catch {
    return 'arguments are not JSON';
  }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member) => isDeeperThan(member, levels - 1));
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
