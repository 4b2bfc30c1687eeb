import { Clock } from '@tiercel/capabilities/clock';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { definePlugin, provide } from '@tiercel/kernel';
import { FileToolProvider } from './file-tool-provider.js';
import { Jail } from './jail.js';
import { readRoots } from './read-roots.js';

export { FilesError } from './errors.js';

export default definePlugin({
  name: '@tiercel/tools-files',
  version: '0.1.0',
  provides: { tools: provide(ToolProvider, { offline: true }) },
  requires: { clock: Clock },
  config: {
    roots: {
      doc: 'Folders that may be read, by name: `{ notes: ~/notes }`. Nothing else on this machine is seen',
      format: 'record',
      default: {},
    },
    hidden: {
      doc: 'Whether files and folders whose names begin with a dot are seen; they often hold credentials',
      format: Boolean,
      default: false,
    },
    maxReadBytes: {
      doc: 'Longest text that one call of `read_file` returns; the rest comes page by page',
      format: 'nat',
      default: 30_000,
      min: 1_024,
      max: 1_048_576,
    },
    searchMs: {
      doc: 'After this time a search ends with what it has found',
      format: 'nat',
      default: 10_000,
      min: 1,
      max: 600_000,
    },
  },
  async setup({ deps, config }) {
    const { hidden: showsHidden, maxReadBytes, searchMs } = config;
    const roots = await readRoots(config.roots);
    const jails = new Map([...roots].map(([name, folder]) => [name, new Jail(folder, { showsHidden })]));
    return { tools: new FileToolProvider(jails, { clock: deps.clock, maxReadBytes, searchMs }) };
  },
});
