import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { Log, type LogLevel } from '@tiercel/capabilities/log';
import { describeLogContract } from '@tiercel/capabilities/log/testing';
import { boot } from '@tiercel/kernel';
import logWinston, { openWinstonLog, type WinstonLogOptions } from './index.js';

/** A stream that keeps what it gets, or takes nothing until it is told to. */
class Screen extends Writable {
  text = '';
  isStuck = false;
  #waiting: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    if (this.isStuck) this.#waiting = done;
    else done();
  }

  release(): void {
    this.isStuck = false;
    this.#waiting?.();
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

async function open(options: Partial<WinstonLogOptions> = {}) {
  const screen = new Screen();
  const log = await openWinstonLog({
    level: 'debug',
    format: 'json',
    showPrivate: false,
    target: screen,
    ...options,
  });
  return { log, screen };
}

describeLogContract('WinstonLog', async () => {
  const { log, screen } = await open();
  const close = () => log[Symbol.asyncDispose]();
  return {
    provider: log,
    lines: async () => {
      await close();
      return screen.lines.map((text) => {
        const { level, message, time: _, ...fields } = JSON.parse(text) as Record<string, unknown>;
        return { level: level as LogLevel, message: message as string, fields };
      });
    },
    close,
  };
});

describe('WinstonLog as JSON', () => {
  it('writes time, level and message first and renames fields that would replace them', async () => {
    const { log, screen } = await open();

    log.warn('disk is filling', {
      level: 'red',
      message: 'other',
      time: 'noon',
      plugin: 'models',
      freeMiB: 12,
    });
    await log[Symbol.asyncDispose]();

    expect(JSON.parse(screen.text)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'warn',
      plugin: 'models',
      message: 'disk is filling',
      'field.level': 'red',
      'field.message': 'other',
      'field.time': 'noon',
      freeMiB: 12,
    });
    expect(screen.lines[0]).toMatch(/^\{"time":.*"level":"warn","plugin":"models","message"/);
  });

  it('writes each line on one line, whatever the message holds', async () => {
    const { log, screen } = await open();

    log.info('one\ntwo', { text: 'three\nfour' });
    await log[Symbol.asyncDispose]();

    expect(screen.lines).toHaveLength(1);
  });

  it('leaves out what is less severe than its level', async () => {
    const { log, screen } = await open({ level: 'warn' });

    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    await log[Symbol.asyncDispose]();

    expect(screen.lines.map((line) => JSON.parse(line).message)).toEqual(['c', 'd']);
  });

  it('writes nothing at all when it is silent', async () => {
    const { log, screen } = await open({ level: 'silent' });

    log.error('a');
    await log[Symbol.asyncDispose]();

    expect(screen.text).toBe('');
  });

  it('writes private fields only when the owner asks for them', async () => {
    const { log, screen } = await open({ showPrivate: true });

    log.info('utterance recognised', { private: { text: 'hello' } });
    await log[Symbol.asyncDispose]();

    expect(JSON.parse(screen.text)).toMatchObject({ private: { text: 'hello' } });
  });
});

describe('WinstonLog for people', () => {
  it('writes one short line', async () => {
    const { log, screen } = await open({ format: 'pretty' });

    log.info('model loaded', {
      plugin: 'stt-whisper',
      durationMs: 400,
      model: 'whisper-base',
      note: 'two words',
    });
    await log[Symbol.asyncDispose]();

    expect(screen.lines).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:\d\d\.\d{3} info {2}stt-whisper {2}model loaded {2}durationMs=400 {2}model=whisper-base {2}note="two words"$/,
      ),
    ]);
  });

  it('writes codes and causes of an error', async () => {
    const { log, screen } = await open({ format: 'pretty' });
    const cause = Object.assign(new Error('connection reset'), { code: 'ECONNRESET' });
    const error = Object.assign(new Error('no answer', { cause }), { code: 'LLM_SILENT', retryable: true });

    log.error('reply failed', { error });
    await log[Symbol.asyncDispose]();

    expect(screen.text).toContain(
      'reply failed  LLM_SILENT: no answer (because ECONNRESET: connection reset)',
    );
    expect(screen.text).toMatch(/\n {4}at /);
  });

  it('lets no text fake a line or move the cursor', async () => {
    const { log, screen } = await open({ format: 'pretty' });

    log.info('a\nb\u001b[2Jc', { 'k\ney': 'v\u0007', plugin: 'p\r' });
    await log[Symbol.asyncDispose]();

    expect(screen.lines).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(screen.lines[0]).not.toMatch(/[\u0000-\u001f]/);
  });

  it('uses colours only when it is told to', async () => {
    const plain = await open({ format: 'pretty' });
    const coloured = await open({ format: 'pretty', hasColour: true });

    plain.log.warn('x');
    coloured.log.warn('x');
    await plain.log[Symbol.asyncDispose]();
    await coloured.log[Symbol.asyncDispose]();

    expect(plain.screen.text).not.toContain('\u001b[');
    expect(coloured.screen.text).toContain('\u001b[33mwarn');
  });
});

describe('WinstonLog and its stream', () => {
  it('drops lines that nobody reads, and says how many', async () => {
    const { log, screen } = await open();
    screen.isStuck = true;
    const text = 'x'.repeat(8_000);

    for (let count = 0; count < 300; count += 1) log.info('line', { count, text });
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = screen.writableLength;
    screen.release();
    log.info('after');
    await log[Symbol.asyncDispose]();

    expect(waiting).toBeLessThan(1_200_000);
    const lines = screen.lines.map((line) => JSON.parse(line));
    const notice = lines.find((line) => String(line.message).includes('dropped'));
    expect(notice.count + lines.filter((line) => line.message === 'line').length).toBe(300);
    expect(lines.at(-1)).toMatchObject({ message: 'after' });
  });

  it('says at the latest when it closes that lines were dropped', async () => {
    const { log, screen } = await open();
    screen.isStuck = true;

    for (let count = 0; count < 300; count += 1) log.info('line', { text: 'x'.repeat(8_000) });
    screen.release();
    await log[Symbol.asyncDispose]();

    expect(screen.lines.at(-1)).toContain('dropped');
  });

  it('survives a reader that goes away', async () => {
    const { log, screen } = await open();

    screen.destroy(new Error('EPIPE'));
    await new Promise((resolve) => setImmediate(resolve));
    log.info('into the void');
    await log[Symbol.asyncDispose]();

    expect(screen.text).toBe('');
  });

  it('leaves the stream open and without listeners of its own', async () => {
    const { log, screen } = await open();

    log.info('x');
    await log[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();

    expect(screen.writable).toBe(true);
    expect(screen.listenerCount('error')).toBe(0);
  });

  it('closes although the stream takes nothing any more', async () => {
    const { log, screen } = await open();
    screen.isStuck = true;
    log.info('x');

    await log[Symbol.asyncDispose]();

    expect(screen.listenerCount('error')).toBe(0);
  });
});

describe('log-winston in a node', () => {
  it('starts with the variables of the environment and gives each plugin its view', async () => {
    await using node = await boot({
      manifest: { tier: 'test', plugins: { 'log-winston': null } },
      plugins: [logWinston],
      environment: { LOG_LEVEL: 'silent', LOG_FORMAT: 'pretty' },
    });

    expect(node.get(Log).info('not written')).toBeUndefined();
  });

  it('refuses a level that it does not know', async () => {
    const booted = boot({
      manifest: { tier: 'test', plugins: { 'log-winston': null } },
      plugins: [logWinston],
      environment: { LOG_LEVEL: 'loud' },
    });

    await expect(booted).rejects.toThrow('LOG_LEVEL');
  });
});
