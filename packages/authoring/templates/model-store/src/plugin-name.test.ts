import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from '@jest/globals';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { describeModelStoreContract } from '@tiercel/capabilities/model-store/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';

const kind = 'text-to-speech';
const directory = await mkdtemp(path.join(tmpdir(), 'plugin-name-'));
afterAll(() => rm(directory, { recursive: true }));

/** A model with one file, or without it, in a folder of its own. */
async function writeModel(name: string, content: string | undefined): Promise<void> {
  const folder = path.join(directory, name);
  const sha256 = createHash('sha256').update('a small voice').digest('hex');
  await mkdir(folder);
  const description = { kind, licence: 'CC0-1.0', files: { model: { path: 'voice.bin', sha256 } } };
  await writeFile(path.join(folder, 'model.json'), JSON.stringify(description));
  if (content !== undefined) await writeFile(path.join(folder, 'voice.bin'), content);
}

await writeModel('here', 'a small voice');
await writeModel('absent', undefined);
await writeModel('broken', 'another voice');

describeInEveryPlacement(
  'plugin-name',
  { capability: ModelStore, plugin: './dist/index.js', key: 'plugin-name', config: { directory } },
  (title, open) =>
    describeModelStoreContract(title, async () => ({
      ...(await open()),
      present: { name: 'here', kind },
      missing: { name: 'absent', kind },
      damaged: { name: 'broken', kind },
    })),
);
