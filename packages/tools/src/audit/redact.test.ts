import { describe, expect, it } from '@jest/globals';
import { redact } from './redact.js';

const anything = { type: 'object' };

describe('redact', () => {
  it('hides what the schema marks, also in lists and objects', () => {
    const schema = {
      type: 'object',
      properties: {
        code: { type: 'string', writeOnly: true },
        door: { type: 'string' },
        people: {
          type: 'array',
          items: { type: 'object', properties: { phrase: { type: 'string', format: 'password' } } },
        },
      },
    };
    const args = { code: '1234', door: 'front', people: [{ phrase: 'open sesame', name: 'Ada' }] };

    expect(redact(args, schema)).toEqual({
      code: '[redacted]',
      door: 'front',
      people: [{ phrase: '[redacted]', name: 'Ada' }],
    });
  });

  it('hides what the schema marks elsewhere', () => {
    const schema = {
      type: 'object',
      $defs: { code: { type: 'string', writeOnly: true }, loop: { $ref: '#/$defs/loop' } },
      properties: {
        front: { $ref: '#/$defs/code' },
        back: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/code' }] },
        pair: { type: 'array', prefixItems: [{ type: 'string' }, { $ref: '#/$defs/code' }] },
        more: { type: 'object', additionalProperties: { $ref: '#/$defs/code' } },
        loop: { $ref: '#/$defs/loop' },
        far: { $ref: 'https://example.com/schema' },
      },
    };
    const args = { front: '1', back: '2', pair: ['a', '3'], more: { x: '4' }, loop: 'b', far: 'c' };

    expect(redact(args, schema)).toEqual({
      front: '[redacted]',
      back: '[redacted]',
      pair: ['a', '[redacted]'],
      more: { x: '[redacted]' },
      loop: 'b',
      far: 'c',
    });
  });

  it.each([
    'password',
    'sudo_password',
    'passphrase',
    'apiKey',
    'api-key',
    'accessToken',
    'client.secret',
    'privateKey',
    'Authorization',
    'cookie',
    'pin',
    'OTP',
    'credentials',
  ])('hides what is called %s', (name) => {
    expect(redact({ [name]: 'x', nested: { [name]: { deep: 'y' } } }, anything)).toEqual({
      [name]: '[redacted]',
      nested: { [name]: '[redacted]' },
    });
  });

  it.each([
    'Bearer abcdefghijklmnop',
    'curl -H "Authorization: Basic dXNlcjpwYXNz"',
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'sk-proj-abcdefghijklmnop1234',
    'ghp_abcdefghijklmnopqrstuv',
    'https://user:hunter2@example.com/',
    'https://example.com/?token=abc',
    'a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6',
  ])('hides what looks like a secret: %s', (secret) => {
    expect(redact({ text: secret, list: [secret] }, anything)).toEqual({
      text: '[redacted]',
      list: ['[redacted]'],
    });
  });

  it('leaves ordinary arguments alone', () => {
    const args = {
      device: 'living-room-lamp',
      text: 'remind me to buy a pineapple at the supermarket tomorrow',
      url: 'https://example.com/a/b?page=2',
      pinned: true,
      author: 'Ada',
      level: 40,
      nothing: null,
    };

    expect(redact(args, anything)).toEqual(args);
  });

  it('cuts what is long', () => {
    const text = redact({ text: 'word '.repeat(1_000) }, anything);
    const much = redact(
      Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`n${n}`, 'word '.repeat(50)])),
      anything,
    );

    expect(JSON.stringify(text).length).toBeLessThan(300);
    expect(much).toMatch(/^\[\d+ characters\]$/);
  });
});
