import type { JsonSchema } from '@tiercel/capabilities/tool-provider';
import { compileArgumentCheck, parameterFindings } from '@tiercel/tools';
import { measureSchema } from './measure-schema.js';

/** Longest text where the server sets no bound; the registry bounds the call as a whole. */
const MAX_TEXT_LENGTH = 65_536;

const ofOneSchema = new Set([
  'items',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
]);
const ofNamedSchemas = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);
const ofSchemas = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const plain = new Set([
  'type',
  'enum',
  'const',
  'required',
  'title',
  'description',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minProperties',
  'maxProperties',
  'dependentRequired',
]);

/**
 * The schema of a stranger as the registry wants it: without words that mean nothing in 2020-12, closed, every text bounded.
 * What remains never allows more than the server does, apart from parts that cannot be checked at all: those it checks itself.
 */
export function completeSchema(schema: unknown): JsonSchema | { readonly finding: string } {
  if (measureSchema(schema).isTooLarge) return { finding: 'its schema is too large' };
  const root = rewrite(schema, true);
  const properties = isMap(root) && isMap(root.properties) ? root.properties : {};
  const complete = { ...(isMap(root) && root), type: 'object', additionalProperties: false, properties };
  const [finding] = parameterFindings(complete);
  if (finding !== undefined) return { finding };
  const compiled = compiles(complete) ? complete : loosen(complete, properties).find(compiles);
  // One schema that the registry cannot compile would cost the node all its tools.
  return compiled ?? { finding: 'its schema does not compile' };
}

/** Keeps what compiles, property by property: with what they refer to, or else without. */
function loosen(complete: JsonSchema, properties: Readonly<Record<string, unknown>>): readonly JsonSchema[] {
  const { $defs, definitions, required } = complete;
  const shared = { ...(isMap($defs) && { $defs }), ...(isMap(definitions) && { definitions }) };
  const kept = Object.entries(properties).map(([name, schema]) => {
    const alone = { ...shared, type: 'object', properties: { [name]: schema } };
    const description = isMap(schema) ? schema.description : undefined;
    return [name, compiles(alone) ? schema : typeof description === 'string' ? { description } : {}] as const;
  });
  const closed = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(kept),
    ...(Array.isArray(required) && {
      required: required.filter((name) => typeof name === 'string' && Object.hasOwn(properties, name)),
    }),
  };
  return [{ ...shared, ...closed }, closed];
}

/** `mayClose`: nothing beside this schema has a say on the same value, so further properties can be refused here. */
function rewrite(schema: unknown, mayClose: boolean): unknown {
  if (!isMap(schema)) return typeof schema === 'boolean' ? schema : {};
  const isCombined = ['anyOf', 'oneOf', 'allOf', '$ref', 'if'].some((word) => Object.hasOwn(schema, word));
  const closes = mayClose && !isCombined;
  const entries = Object.entries(schema).flatMap(([word, value]): readonly (readonly [string, unknown])[] => {
    // Named twice it means the same, and is no schema.
    if (word === 'required' && Array.isArray(value)) return [[word, [...new Set(value)]]];
    if (plain.has(word)) return [[word, value]];
    if (word === '$ref') return typeof value === 'string' && value.startsWith('#') ? [[word, value]] : [];
    if (word === 'default') return typeof value === 'object' ? [] : [[word, value]];
    if (word === 'items' && Array.isArray(value))
      return [['prefixItems', value.map((item) => rewrite(item, closes))]];
    if (ofOneSchema.has(word)) return [[word, rewrite(value, word === 'items' && closes)]];
    if (ofSchemas.has(word) && Array.isArray(value))
      return [[word, value.map((item) => rewrite(item, word === 'prefixItems' && closes))]];
    if (ofNamedSchemas.has(word) && isMap(value)) return [[word, rewriteAll(value, word === 'properties')]];
    return [];
  });
  const rewritten: Readonly<Record<string, unknown>> = Object.fromEntries(entries);
  const isOpenObject = closes && isMap(rewritten.properties) && rewritten.additionalProperties === undefined;
  return {
    ...rewritten,
    ...(isOpenObject && { additionalProperties: false }),
    ...(isUnboundedText(rewritten) && { maxLength: MAX_TEXT_LENGTH }),
  };
}

function rewriteAll(schemas: Readonly<Record<string, unknown>>, mayClose: boolean) {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, rewrite(schema, mayClose)]),
  );
}

function isUnboundedText(schema: Readonly<Record<string, unknown>>): boolean {
  const isText = [schema.type].flat().includes('string');
  return isText && !['maxLength', 'enum', 'const'].some((word) => Object.hasOwn(schema, word));
}

function compiles(schema: JsonSchema): boolean {
  try {
    compileArgumentCheck(schema);
    return true;
  } catch {
    return false;
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
