import { appendFileSync, closeSync, openSync } from 'node:fs';
import { Log } from '@tiercel/capabilities/log';
import { definePlugin, provide } from '@tiercel/kernel';
import { JsonLinesLog } from './json-lines-log.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { log: provide(Log) },
  config: {
    file: { doc: 'File that lines are added to; empty: standard error', format: 'path', default: '' },
    level: {
      doc: 'Least important lines that are written',
      format: ['debug', 'info', 'warn', 'error'],
      default: 'info',
    },
  },
  setup({ config, own }) {
    if (config.file === '') {
      return { log: own(new JsonLinesLog(config.level, (line) => process.stderr.write(line))) };
    }
    const file = openSync(config.file, 'a');
    own(() => closeSync(file));
    // Closed before its file is, because what is owned last is released first.
    return { log: own(new JsonLinesLog(config.level, (line) => appendFileSync(file, line))) };
  },
});
