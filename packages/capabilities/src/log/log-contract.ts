import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Log } from './log.js';
import type { LogLine } from './log-line.js';

export interface OpenLog {
  readonly provider: Log;
  /** What was written so far, at every level, oldest first. */
  lines(): readonly LogLine[] | Promise<readonly LogLine[]>;
  close(): void | Promise<void>;
}

/** The rules that every `Log` follows. `open` is called once per test and must let `debug` through. */
export function describeLogContract(title: string, open: () => OpenLog | Promise<OpenLog>): void {
  describe(`${title} (Log contract)`, () => {
    let opened: OpenLog;
    let log: Log;

    beforeEach(async () => {
      opened = await open();
      log = opened.provider;
    });

    afterEach(async () => {
      await opened.close();
    });

    it('writes one line per call, in order, with level, message and fields', async () => {
      log.debug('a', { count: 1 });
      log.info('b');
      log.warn('c', { isLate: true });
      log.error('d', { path: ['x', 'y'] });

      expect(await opened.lines()).toMatchObject([
        { level: 'debug', message: 'a', fields: { count: 1 } },
        { level: 'info', message: 'b', fields: {} },
        { level: 'warn', message: 'c', fields: { isLate: true } },
        { level: 'error', message: 'd', fields: { path: ['x', 'y'] } },
      ]);
    });

    it('drops what people said, at every depth', async () => {
      log.info('utterance recognised', {
        durationMs: 900,
        private: { text: 'secret-one' },
        attempt: { private: { text: 'secret-two' } },
        parts: [{ private: 'secret-three' }],
      });

      const text = JSON.stringify(await opened.lines());
      expect(text).toContain('900');
      expect(text).not.toContain('secret');
    });

    it('keeps name, code, message and causes of an error', async () => {
      const cause = Object.assign(new Error('connection reset'), { code: 'ECONNRESET' });

      log.error('request failed', { error: new TypeError('no answer', { cause }) });

      expect(await opened.lines()).toMatchObject([
        {
          fields: {
            error: {
              name: 'TypeError',
              message: 'no answer',
              cause: { code: 'ECONNRESET', message: 'connection reset' },
            },
          },
        },
      ]);
    });

    it('leaves out whatever else an error of a library carries', async () => {
      const error = Object.assign(new Error('no answer'), {
        options: { headers: { authorization: 'secret-key' } },
      });

      log.error('request failed', { error });

      expect(JSON.stringify(await opened.lines())).not.toContain('secret-key');
    });

    it('writes the length of binary data, never its bytes', async () => {
      log.debug('frame', { samples: Float32Array.of(0.5, 0.25) });

      expect(JSON.stringify(await opened.lines())).toContain('8 bytes');
    });

    it('never throws, whatever it is given', async () => {
      const circular: Record<string, unknown> = {};
      circular['self'] = circular;
      const trap = {
        get broken(): never {
          throw new Error('trap');
        },
        toJSON: () => {
          throw new Error('trap');
        },
      };
      const revoked = Proxy.revocable({}, {});
      revoked.revoke();

      log.info('circular', { circular });
      log.info('bigint', { big: 10n ** 30n, symbol: Symbol('s'), call: () => 1 });
      log.info('trap', { trap });
      log.info('revoked', { revoked: revoked.proxy });
      log.info('fields that are none', 'text' as never);
      log.info(undefined as never, null as never);

      expect(await opened.lines()).toHaveLength(6);
    });

    it('keeps a field apart from level and message of the line', async () => {
      log.warn('disk is filling', { level: 'red', message: 'other', time: 'noon' });

      expect(await opened.lines()).toMatchObject([{ level: 'warn', message: 'disk is filling' }]);
    });

    it('returns nothing and takes a line after it was closed', async () => {
      expect(log.info('open')).toBeUndefined();

      await opened.close();

      expect(log.info('closed')).toBeUndefined();
    });

    it('names the plugin in the view that a plugin gets', async () => {
      const view = Log.view?.(log, { plugin: 'stt-whisper' });

      view?.info('model loaded', { durationMs: 400 });

      expect(await opened.lines()).toMatchObject([
        { message: 'model loaded', fields: { plugin: 'stt-whisper', durationMs: 400 } },
      ]);
    });
  });
}
