import { describe, expect, it } from '@jest/globals';
import type { JsonSchema } from '@tiercel/capabilities/tool-provider';
import { answerCheck, grammarSchema } from './response-schema.js';

function findingOf(schema: JsonSchema): unknown {
  try {
    return grammarSchema(schema);
  } catch (error) {
    return (error as { details?: { finding?: string } }).details?.finding;
  }
}

describe('grammarSchema', () => {
  it('keeps what the grammar can enforce and drops annotations', () => {
    const schema: JsonSchema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      title: 'A device',
      properties: {
        name: { type: 'string', maxLength: 20, description: 'Spoken name' },
        kind: { enum: ['lamp', 'door'] },
      },
      required: ['name'],
      additionalProperties: false,
    };

    expect(grammarSchema(schema)).toEqual({
      type: 'object',
      properties: { name: { type: 'string', maxLength: 20 }, kind: { enum: ['lamp', 'door'] } },
      additionalProperties: false,
    });
  });

  it('turns anyOf and lists of types into alternatives', () => {
    expect(grammarSchema({ anyOf: [{ type: 'string' }, { type: 'null' }] })).toEqual({
      oneOf: [{ type: 'string' }, { type: 'null' }],
    });
    expect(grammarSchema({ type: ['array', 'null'], items: { type: 'integer' } })).toEqual({
      oneOf: [{ type: 'array', items: { type: 'integer' } }, { type: 'null' }],
    });
  });

  it('keeps references to its own definitions', () => {
    const schema = { $ref: '#/$defs/room', $defs: { room: { type: 'string' } } };

    expect(grammarSchema(schema)).toEqual(schema);
  });

  it('lets an object without properties have any', () => {
    expect(grammarSchema({ type: 'object' })).toEqual({ type: 'object', additionalProperties: true });
  });

  it('refuses what the grammar would drop without a word', () => {
    expect(findingOf({ type: 'string', pattern: '^a' })).toBe('/pattern cannot be enforced');
    expect(findingOf({ type: 'object', properties: { n: { type: 'integer', minimum: 1 } } })).toBe(
      '/properties/n/minimum cannot be enforced',
    );
    expect(findingOf({ allOf: [{ type: 'string' }] })).toBe('/allOf cannot be enforced');
    expect(findingOf({ type: 'string', format: 'email' })).toMatch(/^\/format is none of/);
    expect(findingOf({ $ref: 'https://example.org/schema' })).toBe('/$ref does not point to #/$defs');
  });

  it('refuses schemas that mean more than one thing at once', () => {
    expect(findingOf({ type: 'object', properties: {}, oneOf: [{ type: 'string' }] })).toBe(
      'the root joins oneOf and properties',
    );
    expect(findingOf({ enum: ['a'], const: 'a' })).toBe('the root joins const and enum');
    expect(findingOf({ type: 'object', required: ['name'] })).toBe(
      '/required names a property that properties does not describe',
    );
  });

  it('refuses schemas that mean nothing', () => {
    expect(findingOf({})).toBe('the root has no known type');
    expect(findingOf({ type: 'text' })).toBe('the root has no known type');
    expect(findingOf({ enum: [] })).toBe('/enum holds something else than simple values');
    expect(findingOf({ type: 'array', items: null })).toBe('/items is not an object');
  });

  it('drops bounds of tool arguments, which whoever runs the tool checks again', () => {
    expect(grammarSchema({ type: 'integer', minimum: 1 }, { isLoose: true })).toEqual({ type: 'integer' });
  });
});

describe('answerCheck', () => {
  it('names the place in the schema and never the value', async () => {
    const check = await answerCheck({
      type: 'object',
      properties: { mood: { enum: ['calm'] } },
      required: ['mood'],
    });

    expect(check({ mood: 'calm' })).toEqual([]);
    expect(check({ mood: 'secret' })).toEqual(['#/properties/mood/enum (enum)']);
    expect(check({})).toEqual(['#/required (required)']);
  });

  it('refuses a schema that is none', async () => {
    await expect(answerCheck({ type: 'nonsense' })).rejects.toMatchObject({
      code: 'LANGUAGE_MODEL_SCHEMA_UNSUPPORTED',
    });
  });
});
