import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, jest } from '@jest/globals';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { describeWorldModelContract } from '@tiercel/capabilities/world-model/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import worldModelMemory from './index.js';

// Each store is a process that is started, killed and started again, and the property test opens forty of them.
jest.setTimeout(300_000);

const folder = mkdtempSync(path.join(tmpdir(), 'tiercel-world-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const options = {
  capability: WorldModel,
  plugin: worldModelMemory,
  plugins: [supply('@tiercel/log', Log, new FakeLog())],
  beside: { 'clock-system': null },
  perTest: true,
};

describeInEveryPlacement(
  'world-model-memory',
  {
    ...options,
    // A killed child comes back as empty as a new one; `process` shows that one already.
    placements: ['inline', 'inline-with-faults', 'process'],
  },
  (title, open) => describeWorldModelContract(title, open, { hasTime: false }),
);

describeInEveryPlacement(
  'world-model-memory with a database',
  {
    ...options,
    config: () => {
      files += 1;
      return { durable: path.join(folder, `${files}.db`) };
    },
  },
  (title, open) => describeWorldModelContract(title, open, { hasTime: false }),
);
