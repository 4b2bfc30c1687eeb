import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileArgumentCheck } from './argument-check.js';
import { descriptorFindings } from './descriptor-findings.js';

const object = (properties: object, more: object = {}) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
});
const findingsOf = (parameters: object) =>
  descriptorFindings({
    name: 'tool',
    description: 'A tool.',
    effect: 'read',
    weight: 'light',
    parameters: parameters as Readonly<Record<string, unknown>>,
  });

function nested(levels: number): object {
  return levels === 0 ? {} : object({ a: nested(levels - 1) });
}

describe('descriptorFindings', () => {
  it.each([
    ['deep', nested(20), 'levels deep'],
    ['deeper than the stack', nestedArrays(100_000), 'levels deep'],
    ['wide', object(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`p${n}`, {}]))), 'parts'],
    ['long', object({ a: { description: 'x'.repeat(70_000) } }), 'bytes'],
  ])('refuses a schema that is too %s', (_, schema, finding) => {
    expect(findingsOf(schema)).toEqual([expect.stringContaining(finding)]);
  });

  it.each(['__proto__', 'constructor', 'prototype'])(
    'refuses an argument called %s, at any depth',
    (name) => {
      const inner = object(JSON.parse(`{"${name}": {"type": "number"}}`));

      expect(findingsOf(object({ a: inner }))).toEqual([`an argument is called ${name}`]);
      expect(findingsOf(object({}, { required: [name] }))).toEqual([`an argument is called ${name}`]);
    },
  );
});

describe('compileArgumentCheck', () => {
  it.each(['__proto__', 'constructor', 'then', 'toString', 'hasOwnProperty'])(
    'takes %s for an argument like any other',
    (name) => {
      const check = compileArgumentCheck(object({ a: { type: 'number' } }));

      const findings = check(JSON.parse(`{"a": 1, "${name}": {"polluted": true}}`));

      expect(findings).toEqual([`the call has no argument ${name}`]);
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    },
  );

  it('does not find what every object inherits', () => {
    const check = compileArgumentCheck({
      type: 'object',
      required: ['toString'],
      properties: { toString: {} },
    });

    expect(check({})).toEqual(['the call lacks toString']);
  });

  it('gives up on a pattern that takes for ever', () => {
    const check = compileArgumentCheck(object({ a: { type: 'string', maxLength: 99, pattern: '^(a+)+$' } }));

    expect(check({ a: `${'a'.repeat(50)}!` })).toEqual(['checking them takes too long']);
    expect(check({ a: 'aaa' })).toEqual([]);
  });

  it('gives up on schemas that double at each level', () => {
    const doubled = Array.from({ length: 40 }, (_, n) => [
      `a${n + 1}`,
      { anyOf: [{ $ref: `#/$defs/a${n}` }, { $ref: `#/$defs/a${n}` }] },
    ]);
    const check = compileArgumentCheck(
      object(
        { a: { $ref: '#/$defs/a40' } },
        { $defs: { a0: { type: 'string' }, ...Object.fromEntries(doubled) } },
      ),
    );

    expect(check({ a: 1 })).toEqual(['checking them takes too long']);
  });

  it('gives up on schemas that only refer to themselves', () => {
    const self = { anyOf: [{ $ref: '#/$defs/self' }, { $ref: '#/$defs/self' }] };
    const check = compileArgumentCheck(object({ a: { $ref: '#/$defs/self' } }, { $defs: { self } }));

    expect(check({ a: 1 })).toEqual(['checking them takes too long']);
  });

  it('compares the items of a long list once', () => {
    const check = compileArgumentCheck(object({ list: { type: 'array', uniqueItems: true } }));
    const list = Array.from({ length: 10_000 }, (_, n) => ({ n }));

    expect(check({ list })).toEqual(['arguments have more than 65536 bytes']);
    expect(check({ list: list.slice(0, 5_000) })).toEqual([]);
    expect(
      check({
        list: [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      }),
    ).toEqual(['list must not hold the same twice']);
  });

  it('refuses arguments that are too deep', () => {
    const check = compileArgumentCheck({ type: 'object' });

    expect(check(nestedArrays(100_000))).toEqual(['arguments are more than 32 levels deep']);
    expect(check(nestedArrays(32))).toEqual([]);
  });

  it('refuses arguments that are not JSON, and says what a constant has to be', () => {
    const check = compileArgumentCheck(object({ a: { const: 'yes' } }));

    expect(check({ a: 1n })).toEqual(['arguments are not JSON']);
    expect(check({ a: 'no' })).toEqual(['a must be yes']);
  });

  it('is strict about words and formats unless told otherwise', () => {
    const vague = object({ a: { type: 'integer', format: 'uint32', 'x-order': 1 } });

    expect(() => compileArgumentCheck(vague)).toThrow(/format|keyword/);
    expect(compileArgumentCheck(vague, { isStrict: false })({ a: 'x' })).toEqual(['a must be integer']);
  });

  it('takes every schema for one of 2020-12, whatever it claims to be', () => {
    const old = object({ a: { type: 'integer' } }, { $schema: 'http://json-schema.org/draft-07/schema#' });

    expect(compileArgumentCheck(old)({ a: 'x' })).toEqual(['a must be integer']);
    expect(() => compileArgumentCheck(object({ a: { type: 'nonsense' } }))).toThrow('properties/a/type');
  });

  it('always answers, and never with a value', () => {
    const check = compileArgumentCheck(
      object(
        { name: { type: 'string', maxLength: 5 }, size: { enum: ['small', 'large'] } },
        { required: ['name'] },
      ),
    );

    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.uuid(), (args, secret) => {
        const findings = check({ ...args, name: secret, size: secret });

        expect(findings.length).toBeGreaterThan(0);
        expect(findings.join()).not.toContain(secret);
      }),
    );
  });
});

/** An object with lists in lists. */
function nestedArrays(levels: number): object {
  let inner: unknown[] = [];
  for (let level = 2; level < levels; level++) inner = [inner];
  return { a: inner };
}
