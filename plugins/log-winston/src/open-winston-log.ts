import type { Writable } from 'node:stream';
import type { LogLevel, LogLine } from '@tiercel/capabilities/log';
import { formatJson, formatPretty } from './format-line.js';
import { LineSink } from './line-sink.js';
import { WinstonLog } from './winston-log.js';

export interface WinstonLogOptions {
  readonly level: LogLevel | 'silent';
  readonly format: 'json' | 'pretty';
  readonly showPrivate: boolean;
  readonly hasColour?: boolean;
  /** Where the lines go; it is never ended. */
  readonly target: Writable;
}

const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 };
// The symbol under which winston's transports look for the finished text.
const TEXT = Symbol.for('message');

/** Opens a log whose owner must dispose of it, or the last lines may be lost. */
export async function openWinstonLog(options: WinstonLogOptions): Promise<WinstonLog> {
  const { default: winston } = await import('winston');
  const render = (line: LogLine) =>
    options.format === 'json'
      ? formatJson(line, Date.now())
      : formatPretty(line, Date.now(), { hasColour: options.hasColour ?? false });
  const sink = new LineSink(options.target, (count) =>
    render({
      level: 'warn',
      message: 'log lines were dropped, because nobody reads them fast enough',
      fields: { count },
    }),
  );
  const logger = winston.createLogger({
    levels: LEVELS,
    level: options.level === 'silent' ? 'error' : options.level,
    silent: options.level === 'silent',
    exitOnError: false,
    format: winston.format((info) => ({ ...info, [TEXT]: render(info['line'] as LogLine) }))(),
    transports: [new winston.transports.Stream({ stream: sink, eol: '\n' })],
  });
  return new WinstonLog(logger, sink, options);
}
