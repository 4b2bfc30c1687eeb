import { describe, expect, it } from '@jest/globals';
import { createLogLine } from './index.js';
import { describeLogContract, FakeLog } from './testing.js';

describeLogContract('FakeLog', () => {
  const log = new FakeLog();
  return { provider: log, lines: () => log.lines, close: () => undefined };
});

describe('FakeLog', () => {
  it('lists the messages of one level', () => {
    const log = new FakeLog();

    log.info('one');
    log.warn('two');
    log.info('three');

    expect(log.messages('info')).toEqual(['one', 'three']);
  });

  it('keeps private fields when it is asked to', () => {
    const log = new FakeLog({ showPrivate: true });

    log.info('utterance recognised', { private: { text: 'hello' } });

    expect(log.lines[0]?.fields).toEqual({ private: { text: 'hello' } });
  });
});

describe('createLogLine', () => {
  it('cuts long texts, long lists and deep trees', () => {
    let deep: Record<string, unknown> = {};
    for (let depth = 0; depth < 50; depth += 1) deep = { deep };

    const { fields } = createLogLine('info', 'm', {
      text: 'x'.repeat(100_000),
      list: Array(5000).fill(1),
      deep,
    });

    expect(JSON.stringify(fields).length).toBeLessThan(10_000);
    expect(JSON.stringify(fields)).toContain('100000 characters');
    expect(JSON.stringify(fields)).toContain('4900 more');
    expect(JSON.stringify(fields)).toContain('[deeper]');
  });

  it('writes a value twice when it is shared but not circular', () => {
    const shared = { a: 1 };

    const { fields } = createLogLine('info', 'm', { one: shared, two: shared });

    expect(fields).toEqual({ one: { a: 1 }, two: { a: 1 } });
  });

  it('leaves the query of a URL out', () => {
    const { fields } = createLogLine('info', 'm', {
      url: new URL('https://user:pass@example.test/a?token=b'),
    });

    expect(fields).toEqual({ url: 'https://example.test/a' });
  });

  it('keeps a field called __proto__ a plain field', () => {
    const { fields } = createLogLine('info', 'm', JSON.parse('{"__proto__":{"x":1}}'));

    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
    expect(JSON.stringify(fields)).toBe('{"__proto__":{"x":1}}');
  });

  it('leaves details out of a catalogued error and says whether to try again', () => {
    const error = Object.assign(new Error('busy'), {
      code: 'BUSY',
      retryable: true,
      details: { private: 'secret' },
    });

    const { fields } = createLogLine('warn', 'm', { error });

    expect(fields).toEqual({ error: { name: 'Error', code: 'BUSY', message: 'busy', retryable: true } });
  });
});
