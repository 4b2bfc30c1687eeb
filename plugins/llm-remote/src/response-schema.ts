import { LanguageModelError } from '@tiercel/capabilities/language-model';
import type { JsonSchema } from '@tiercel/capabilities/tool-provider';
import type { ValidateFunction } from 'ajv';
import { listOf, objectOf, parseJson } from './json.js';

/** What is wrong with an answer; empty when it fits. Findings name places in the schema, never values. */
export type AnswerCheck = (answer: string) => readonly string[];

/** Throws LANGUAGE_MODEL_SCHEMA_UNSUPPORTED for what is no JSON Schema. */
export async function answerCheck(schema: JsonSchema): Promise<AnswerCheck> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  let validate: ValidateFunction;
  try {
    validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  } catch (cause) {
    const finding = 'it is not a valid JSON Schema 2020-12';
    throw new LanguageModelError('LANGUAGE_MODEL_SCHEMA_UNSUPPORTED', { finding }, { cause });
  }
  return (answer) => {
    const value = parseJson(answer);
    if (value === undefined) return ['it is not JSON'];
    if (validate(value)) return [];
    return [...new Set(validate.errors?.map(({ schemaPath, keyword }) => `${schemaPath} (${keyword})`))];
  };
}

/**
 * Whether servers that are strict about schemas take it: each object names all its properties as required and allows no
 * others. Other schemas are sent as a wish, and the answer is checked here all the same.
 */
export function isStrictSchema(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrictSchema);
  if (typeof schema !== 'object' || schema === null) return true;
  const { type, properties, required, additionalProperties } = objectOf(schema);
  if (type === 'object' || properties !== undefined) {
    const names = Object.keys(objectOf(properties));
    const isWhole = names.every((name) => listOf(required).includes(name));
    if (additionalProperties !== false || !isWhole) return false;
  }
  return Object.values(schema).every(isStrictSchema);
}
