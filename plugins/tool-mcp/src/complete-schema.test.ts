import { describe, expect, it } from '@jest/globals';
import type { JsonSchema } from '@tiercel/capabilities/tool-provider';
import { FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { createToolRegistry } from '@tiercel/tools';
import fc from 'fast-check';
import { completeSchema } from './complete-schema.js';

const text = { type: 'string', maxLength: 65_536 };

/** Names that the registry lists. It refuses all tools of a node for one that it cannot take. */
async function namesListedWith(parameters: JsonSchema): Promise<readonly string[]> {
  const registry = createToolRegistry([new FakeToolProvider([{ name: 'foreign', parameters }])]);
  return (await registry.list()).map(({ name }) => name);
}

describe('completeSchema', () => {
  it('closes objects and bounds texts, also inside lists', () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: {
        name: { type: 'string' },
        short: { type: 'string', maxLength: 3 },
        colour: { type: 'string', enum: ['red'] },
        items: { type: 'array', items: { type: 'object', properties: { id: { type: ['string', 'null'] } } } },
      },
      required: ['name'],
    };

    expect(completeSchema(schema)).toEqual({
      type: 'object',
      additionalProperties: false,
      properties: {
        name: text,
        short: { type: 'string', maxLength: 3 },
        colour: { type: 'string', enum: ['red'] },
        items: {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            properties: { id: { type: ['string', 'null'], maxLength: 65_536 } },
          },
        },
      },
      required: ['name'],
    });
  });

  it('gives a tool without arguments an empty object', () => {
    const empty = { type: 'object', additionalProperties: false, properties: {} };

    expect(completeSchema({ type: 'object' })).toEqual(empty);
    expect(completeSchema({})).toEqual(empty);
    expect(completeSchema(undefined)).toEqual(empty);
  });

  it('leaves out words and formats that mean nothing, and keeps the rest', () => {
    const schema = {
      type: 'object',
      'x-order': ['a'],
      properties: {
        a: { type: 'integer', minimum: 1, nonsense: true, default: 4, examples: [{ type: 'string' }] },
      },
    };

    expect(completeSchema(schema)).toMatchObject({
      properties: { a: { type: 'integer', minimum: 1, default: 4 } },
    });
  });

  it('lets an argument through unchecked whose schema does not compile, and keeps the others', () => {
    const schema = {
      type: 'object',
      properties: {
        bad: { type: 'string', pattern: '(', description: 'Whatever' },
        odd: { type: 'string', format: 'moon-phase' },
        remote: { $ref: 'https://example.com/schema.json' },
        good: { type: 'boolean' },
      },
      required: ['bad'],
    };

    expect(completeSchema(schema)).toEqual({
      type: 'object',
      additionalProperties: false,
      properties: { bad: { description: 'Whatever' }, odd: {}, remote: {}, good: { type: 'boolean' } },
      required: ['bad'],
    });
  });

  it('keeps references within the schema', () => {
    const schema = {
      type: 'object',
      $defs: { point: { type: 'object', properties: { x: { type: 'number' } } } },
      properties: { from: { $ref: '#/$defs/point' } },
    };

    expect(completeSchema(schema)).toMatchObject({ properties: { from: { $ref: '#/$defs/point' } } });
  });

  it('opens what is made of several schemas, which would refuse each other', () => {
    const part = (name: string) => ({ type: 'object', properties: { [name]: { type: 'number' } } });
    const schema = { type: 'object', properties: { both: { allOf: [part('a'), part('b')] } } };

    expect(JSON.stringify(completeSchema(schema))).toContain('"allOf":[{"type":"object","properties":{"a"');
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses an argument called %s', (name) => {
    const schema = JSON.parse(`{"type":"object","properties":{"a":{"properties":{"${name}":{}}}}}`);

    expect(completeSchema(schema)).toEqual({ finding: `an argument is called ${name}` });
    expect(completeSchema({ type: 'object', required: [name] })).toHaveProperty('finding');
  });

  it('refuses schemas that are too large or too deep', () => {
    let deep: object = { type: 'string' };
    for (let level = 0; level < 100; level++) deep = { type: 'array', items: deep };
    const wide = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, index) => [`a${index}`, { type: 'null' }]),
    );

    const tooLarge = { finding: 'its schema is too large' };
    expect(completeSchema({ type: 'object', properties: { deep } })).toEqual(tooLarge);
    expect(completeSchema({ type: 'object', properties: wide })).toEqual(tooLarge);
    expect(completeSchema({ type: 'object', description: 'x'.repeat(50_000) })).toEqual(tooLarge);
  });

  it('takes an argument that is required twice for one that is required', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'object', properties: { b: { type: 'null' } }, required: ['b', 'b'] } },
      required: ['a', 'a'],
    };

    expect(completeSchema(schema)).toMatchObject({
      properties: { a: { properties: { b: { type: 'null' } }, required: ['b'] } },
      required: ['a'],
    });
  });

  it('says why it refuses values that look like a text without a bound', () => {
    const schema = { type: 'object', properties: { kind: { enum: [{ type: 'string' }] } } };

    expect(completeSchema(schema)).toEqual({ finding: expect.stringContaining('has no maxLength') });
  });

  it('makes something of anything that the registry takes, or says why not', async () => {
    const words = fc.constantFrom(
      'type',
      'properties',
      'items',
      'anyOf',
      'allOf',
      'required',
      'enum',
      '$ref',
      '$defs',
      'pattern',
      'format',
      'maxLength',
      'additionalProperties',
      'not',
      'default',
      'minimum',
      '$id',
      '$anchor',
      'x',
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5, depthSize: 'small' },
        fc.constantFrom('string', 'object', 'array', 'number', '#/$defs/x', '(', 'uri', 1, true, null),
        fc.dictionary(words, tie('tree'), { maxKeys: 4 }),
        fc.array(tie('tree'), { maxLength: 3 }),
      ),
    }));

    await fc.assert(
      fc.asyncProperty(tree, async (schema) => {
        const complete = completeSchema(schema);
        if ('finding' in complete) return;

        expect(complete).toMatchObject({ type: 'object', additionalProperties: false });
        expect(await namesListedWith(complete)).toEqual(['foreign']);
      }),
      { numRuns: 300 },
    );
  });
});
