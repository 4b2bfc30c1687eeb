import { Log } from '@tiercel/capabilities/log';
import { definePlugin, provide } from '@tiercel/kernel';
import { openWinstonLog } from './open-winston-log.js';

export { openWinstonLog, type WinstonLogOptions } from './open-winston-log.js';
export { WinstonLog } from './winston-log.js';

export default definePlugin({
  name: '@tiercel/log-winston',
  version: '0.1.0',
  provides: { log: provide(Log) },
  config: {
    level: {
      doc: 'Least severe level that is written; silent writes nothing',
      format: ['debug', 'info', 'warn', 'error', 'silent'],
      default: 'info',
      env: 'LOG_LEVEL',
    },
    format: {
      doc: 'json: one object per line, for machines; pretty: for people; auto: pretty on a terminal, else json',
      format: ['auto', 'json', 'pretty'],
      default: 'auto',
      env: 'LOG_FORMAT',
    },
    showPrivate: {
      doc: 'Also write what people said and heard. Only for the owner of the device, and only while looking for a fault',
      format: Boolean,
      default: false,
    },
    noColour: {
      doc: 'Any text switches colours off; empty uses them on a terminal',
      format: String,
      default: '',
      env: 'NO_COLOR',
    },
  },
  async setup({ config, own }) {
    // Always stderr: stdout belongs to the output of commands.
    const target = process.stderr;
    const isTerminal = target.isTTY === true;
    const log = own(
      await openWinstonLog({
        level: config.level,
        format: config.format === 'auto' ? (isTerminal ? 'pretty' : 'json') : config.format,
        showPrivate: config.showPrivate,
        hasColour: isTerminal && config.noColour === '',
        target,
      }),
    );
    if (config.showPrivate)
      log.warn('the log shows what people say; set showPrivate to false when you are done');
    return { log };
  },
});
