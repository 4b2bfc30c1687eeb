import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { holdAfter } from './model-server.test.support.js';
import { FILE, MODEL, PullFixture } from './pull-fixture.test.support.js';

const RECEIVED = 120_000;

/** Pulls as another process does, and says when it has received so many bytes. */
const program = `
import { openModelStore } from ${JSON.stringify(path.resolve('packages/models/dist/index.js'))};
const [directory, starterDirectory] = process.argv.slice(1);
const store = await openModelStore({ directory, starterDirectory, pull: { hosts: ['127.0.0.1'] } });
await store.pull(${JSON.stringify(MODEL)}, {
  onProgress: ({ receivedBytes }) => receivedBytes === ${RECEIVED} && process.stdout.write('received'),
});
`;

let fixture: PullFixture;
let child: ChildProcess | undefined;

beforeEach(async () => {
  fixture = await PullFixture.open();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await fixture[Symbol.asyncDispose]();
});

/** Kills a pull with -9 when so much has been received. */
async function killInTheMiddle(): Promise<void> {
  fixture.server.next(holdAfter(RECEIVED, fixture.bytes));
  const args = [fixture.directory, path.join(fixture.directory, 'no-starter-models')];
  child = spawn(process.execPath, ['--input-type=module', '--eval', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout) await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
}

describe('a pull whose process was killed', () => {
  it('leaves no model that looks complete', async () => {
    await killInTheMiddle();
    const store = await fixture.store();

    const locating = store.locate(MODEL, { kind: 'language-model' });

    await expect(locating).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    expect(await fixture.read()).toBeUndefined();
  });

  it('is gone on with by the next one, from the byte where it ended', async () => {
    await killInTheMiddle();
    const store = await fixture.store();

    await store.pull(MODEL);

    expect(fixture.server.requests.map(({ range }) => range)).toEqual([undefined, `bytes=${RECEIVED}-`]);
    expect(await fixture.isComplete()).toBe(true);
    expect(await readdir(path.dirname(fixture.target))).toEqual([FILE]);
  });

  it('is begun anew where what it left is damaged', async () => {
    await killInTheMiddle();
    await fixture.write(Buffer.alloc(RECEIVED, 1), '.partial');
    const store = await fixture.store();

    await store.pull(MODEL);

    expect(await fixture.isComplete()).toBe(true);
    expect(await readdir(path.dirname(fixture.target))).toEqual([FILE]);
  });
});
