import { afterAll } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';
import { openFolders } from './folders.test.support.js';
import toolsFiles from './index.js';

const folders = await openFolders();
await folders.write('shopping.txt', 'milk\nbread\n');
afterAll(() => folders[Symbol.asyncDispose]());

describeInEveryPlacement(
  'tools-files',
  {
    capability: ToolProvider,
    plugin: toolsFiles,
    config: { roots: { notes: folders.inside } },
    beside: { 'clock-system': null },
    kill: 'once',
  },
  (title, open) =>
    describeToolProviderContract(title, open, {
      call: { name: 'read_file', args: { path: 'shopping.txt' } },
    }),
);
