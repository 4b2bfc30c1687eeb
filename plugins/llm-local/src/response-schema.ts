import { LanguageModelError } from '@tiercel/capabilities/language-model';
import type { JsonSchema } from '@tiercel/capabilities/tool-provider';
import type { ValidateFunction } from 'ajv';
import type { GbnfJsonBasicSchema } from 'node-llama-cpp';

/** A schema that the grammar knows. The union of the library is too deep for the compiler, so one member stands for it. */
export type GrammarSchema = GbnfJsonBasicSchema;

/** Says what is wrong with an answer; empty when it fits. Findings name places in the schema, never values. */
export type AnswerCheck = (answer: unknown) => readonly string[];

const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);
const BOUNDS = new Set(['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties']);
const FORMATS = new Set(['date-time', 'time', 'date']);
const SIMPLE_TYPES = new Set(['string', 'number', 'integer', 'boolean', 'null']);
const MAX_DEPTH = 64;

/**
 * Translates a JSON Schema to what the grammar of llama.cpp can hold a model to.
 * Throws LANGUAGE_MODEL_SCHEMA_UNSUPPORTED for everything that the grammar would drop without a word.
 * @param options.isLoose drops such bounds, for arguments that whoever runs the tool checks again
 */
export function grammarSchema(
  schema: JsonSchema,
  options: { readonly isLoose?: boolean } = {},
): GrammarSchema {
  // Only keywords that the grammar knows are copied, each with the value that its type demands.
  return new SchemaTranslation(options.isLoose ?? false).translate(schema, '', 0) as unknown as GrammarSchema;
}

/** An object `{ name, arguments }` with one of the names and arguments that fit it. */
export function choiceSchema(choices: ReadonlyMap<string, GrammarSchema>): GrammarSchema {
  const oneOf = [...choices].map(([name, schema]) => ({
    type: 'object',
    properties: { name: { const: name }, arguments: schema },
  }));
  // Made of keywords that the grammar knows, like everything that `grammarSchema` returns.
  return { oneOf } as unknown as GrammarSchema;
}

/** Compiles the schema as it was written: what the grammar promises is checked once more. */
export async function answerCheck(schema: JsonSchema): Promise<AnswerCheck> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  let validate: ValidateFunction;
  try {
    validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  } catch (cause) {
    throw new LanguageModelError(
      'LANGUAGE_MODEL_SCHEMA_UNSUPPORTED',
      { finding: 'it is not a valid JSON Schema 2020-12' },
      { cause },
    );
  }
  return (answer) =>
    validate(answer)
      ? []
      : [...new Set(validate.errors?.map(({ schemaPath, keyword }) => `${schemaPath} (${keyword})`))];
}

interface Place {
  readonly schema: JsonSchema;
  readonly path: string;
  readonly depth: number;
}

class SchemaTranslation {
  readonly #isLoose: boolean;

  constructor(isLoose: boolean) {
    this.#isLoose = isLoose;
  }

  translate(value: unknown, path: string, depth: number): Record<string, unknown> {
    const at = path || 'the root';
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw unsupported(`${at} is not an object`);
    if (depth > MAX_DEPTH) throw unsupported(`${at} is nested more than ${MAX_DEPTH} deep`);
    const schema = value as JsonSchema;
    const alternatives = expandType(schema);
    if (alternatives) return this.translate(alternatives, `${path}/type`, depth + 1);

    const result: Record<string, unknown> = {};
    for (const [key, part] of Object.entries(schema)) {
      const translated = this.#keyword(key, part, { schema, path, depth });
      if (translated !== undefined) result[key === 'anyOf' ? 'oneOf' : key] = translated;
    }
    checkMeaning(result, at);
    const isOpenObject =
      result['type'] === 'object' && !('properties' in result || 'additionalProperties' in result);
    return isOpenObject ? { ...result, additionalProperties: true } : result;
  }

  /** The value that a keyword has in the grammar; `undefined` where the grammar needs none. */
  #keyword(key: string, part: unknown, place: Place): unknown {
    const path = `${place.path}/${key}`;
    const below = (value: unknown, at = path) => this.translate(value, at, place.depth + 1);
    if (part === undefined || ANNOTATIONS.has(key)) return undefined;
    if (BOUNDS.has(key) || key === 'type') return part;
    switch (key) {
      case 'anyOf':
      case 'oneOf':
      case 'prefixItems':
        return list(part, path).map((item, index) => below(item, `${path}/${index}`));
      case 'properties':
      case '$defs':
        return this.#translateEach(part, path, place.depth);
      case 'items':
        return part === true ? undefined : below(part);
      case 'additionalProperties':
        return typeof part === 'boolean' ? part : below(part);
      case 'enum':
        return primitives(part, path);
      case 'const':
        return primitives([part], path)[0];
      case 'required':
        checkRequired(part, place.schema, path);
        return undefined;
      case 'format':
        return knownFormat(part, path);
      case '$ref':
        return localRef(part, path);
      default:
        if (this.#isLoose) return undefined;
        throw unsupported(`${path} cannot be enforced`);
    }
  }

  #translateEach(value: unknown, path: string, depth: number): Record<string, unknown> {
    if (typeof value !== 'object' || value === null) throw unsupported(`${path} is not an object`);
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, this.translate(part, `${path}/${name}`, depth + 1)]),
    );
  }
}

/** Lists of types may hold only simple ones in the grammar; others become alternatives. */
function expandType(schema: JsonSchema): JsonSchema | undefined {
  const { type, $defs, ...rest } = schema;
  if (!Array.isArray(type) || 'enum' in rest || 'const' in rest) return undefined;
  if (type.every((name) => SIMPLE_TYPES.has(name))) return undefined;
  const oneOf = type.map((name) => (SIMPLE_TYPES.has(name) ? { type: name } : { ...rest, type: name }));
  return $defs === undefined ? { oneOf } : { $defs, oneOf };
}

/** The grammar takes the first form that it recognises and drops the rest, so a schema may have only one. */
function checkMeaning(result: Readonly<Record<string, unknown>>, at: string): void {
  const forms = ['$ref', 'oneOf', 'const', 'enum'].filter((key) => key in result);
  const { type } = result;
  if (forms.length > 1) throw unsupported(`${at} joins ${forms.join(' and ')}`);
  const own = Object.keys(result).filter((key) => key !== '$defs' && key !== 'type' && !forms.includes(key));
  if (forms.length === 1 && own.length > 0) throw unsupported(`${at} joins ${forms[0]} and ${own[0]}`);
  if (forms.length === 1 && type !== undefined && (forms[0] === '$ref' || forms[0] === 'oneOf')) {
    throw unsupported(`${at} joins ${forms[0]} and type`);
  }
  if (forms.length === 1) return;
  const types = Array.isArray(type) ? type : [type];
  if (!types.every((name) => SIMPLE_TYPES.has(name) || name === 'object' || name === 'array')) {
    throw unsupported(`${at} has no known type`);
  }
  const lengthKeys = ['minLength', 'maxLength', 'format'].filter((key) => key in result);
  if (lengthKeys.length > 0 && type !== 'string')
    throw unsupported(`${at} has ${lengthKeys[0]} and is not only a string`);
  if ('format' in result && lengthKeys.length > 1) throw unsupported(`${at} joins format and a length`);
}

function checkRequired(part: unknown, schema: JsonSchema, path: string): void {
  const described = new Set(Object.keys(schema['properties'] ?? {}));
  const unknown = list(part, path).some((name) => !described.has(String(name)));
  if (unknown) throw unsupported(`${path} names a property that properties does not describe`);
}

function knownFormat(part: unknown, path: string): unknown {
  if (!FORMATS.has(String(part))) throw unsupported(`${path} is none of ${[...FORMATS].join(', ')}`);
  return part;
}

function localRef(part: unknown, path: string): unknown {
  if (typeof part === 'string' && /^#\/\$defs\/[^/]+$/.test(part)) return part;
  throw unsupported(`${path} does not point to #/$defs`);
}

function primitives(part: unknown, path: string): readonly unknown[] {
  const values = list(part, path);
  const isSimple = values.every(
    (value) => value === null || ['string', 'number', 'boolean'].includes(typeof value),
  );
  if (!isSimple || values.length === 0) throw unsupported(`${path} holds something else than simple values`);
  return values;
}

function list(part: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(part)) throw unsupported(`${path} is not a list`);
  return part;
}

function unsupported(finding: string): Error {
  return new LanguageModelError('LANGUAGE_MODEL_SCHEMA_UNSUPPORTED', { finding });
}
