import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LocalModelStore } from '../local-model-store.js';
import { answerWith, etagOf, holdAfter } from './model-server.test.support.js';
import { FILE, MODEL, modelBytes, PullFixture } from './pull-fixture.test.support.js';

let fixture: PullFixture;

beforeEach(async () => {
  fixture = await PullFixture.open();
});

afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
});

function ranges(): (string | undefined)[] {
  return fixture.server.requests.map((request) => request.range);
}

/** Pulls, and breaks the connection each time that all 120,000 bytes, or 170,000, have arrived. */
async function pullWithCuts(store: LocalModelStore): Promise<void> {
  await store.pull(MODEL, {
    onProgress: ({ receivedBytes }) => {
      if (receivedBytes === 120_000 || receivedBytes === 170_000) fixture.server.cut();
    },
  });
}

async function filesLeft(): Promise<string[]> {
  return (await readdir(path.dirname(fixture.target))).sort();
}

describe('pull', () => {
  it('brings the file here byte by byte and leaves nothing else behind', async () => {
    const store = await fixture.store();

    const model = await store.pull(MODEL);

    expect(model.files).toEqual({ model: fixture.target });
    expect(await fixture.isComplete()).toBe(true);
    expect(await filesLeft()).toEqual([FILE]);
  });

  it('reports progress up to the size of the model', async () => {
    const store = await fixture.store();
    const received: number[] = [];

    await store.pull(MODEL, { onProgress: (progress) => received.push(progress.receivedBytes) });

    expect(received.length).toBeGreaterThan(1);
    expect(received).toEqual([...received].sort((a, b) => a - b));
    expect(received.at(-1)).toBe(fixture.bytes.length);
  });

  it('downloads nothing when the model is intact, even offline', async () => {
    await fixture.write(fixture.bytes);
    const store = await fixture.store({ isOffline: true });

    const model = await store.pull(MODEL);

    expect(model.name).toBe(MODEL);
    expect(fixture.server.requests).toEqual([]);
  });

  it('replaces a damaged file', async () => {
    await fixture.write(modelBytes(fixture.bytes.length, 7));
    const store = await fixture.store();

    await store.pull(MODEL);

    expect(await fixture.isComplete()).toBe(true);
  });

  it('makes a model that was missing locatable', async () => {
    const store = await fixture.store();
    const before = store.locate(MODEL, { kind: 'language-model' });
    await expect(before).rejects.toMatchObject({ code: 'MODEL_MISSING' });

    await store.pull(MODEL);

    await expect(store.locate(MODEL, { kind: 'language-model' })).resolves.toMatchObject({ name: MODEL });
  });
});

describe('pull after a break', () => {
  it('goes on at the exact byte where the connection broke', async () => {
    fixture.server.next(holdAfter(120_000, fixture.bytes), holdAfter(50_000, fixture.bytes));
    const store = await fixture.store();

    await pullWithCuts(store);

    expect(ranges()).toEqual([undefined, 'bytes=120000-', 'bytes=170000-']);
    expect(fixture.server.requests.at(-1)?.ifRange).toBe(etagOf(fixture.bytes));
    expect(await fixture.isComplete()).toBe(true);
  });

  it('goes on where an earlier run was aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted by the user');
    fixture.server.next(holdAfter(100_000, fixture.bytes));
    const store = await fixture.store();
    const onProgress = (progress: { readonly receivedBytes: number }) => {
      if (progress.receivedBytes === 100_000) controller.abort(reason);
    };

    const first = store.pull(MODEL, { signal: controller.signal, onProgress });
    await expect(first).rejects.toBe(reason);
    const kept = await fixture.read('.partial');
    await (await fixture.store()).pull(MODEL);

    expect(kept).toHaveLength(100_000);
    expect(ranges()).toEqual([undefined, 'bytes=100000-']);
    expect(await fixture.isComplete()).toBe(true);
    expect(await filesLeft()).toEqual([FILE]);
  });

  it('begins anew when the server answers 200 to a range', async () => {
    fixture.server.next(holdAfter(120_000, fixture.bytes), (request, response) => {
      delete request.headers.range;
      fixture.server.serve(request, response);
    });
    const store = await fixture.store();

    await pullWithCuts(store);

    expect(ranges()).toEqual([undefined, 'bytes=120000-']);
    expect(await fixture.isComplete()).toBe(true);
  });

  it('begins anew when the server answers 416', async () => {
    fixture.server.next(
      holdAfter(120_000, fixture.bytes),
      answerWith(416, { 'content-range': 'bytes */100' }),
    );
    const store = await fixture.store();

    await pullWithCuts(store);

    expect(ranges()).toEqual([undefined, 'bytes=120000-', undefined]);
    expect(await fixture.isComplete()).toBe(true);
  });

  it('begins anew when the ETag has changed, although the server sent the range', async () => {
    const old = modelBytes(fixture.bytes.length, 9);
    fixture.server.next(holdAfter(120_000, old), (request, response) => {
      delete request.headers['if-range'];
      fixture.server.serve(request, response);
    });
    const store = await fixture.store();

    await pullWithCuts(store);

    expect(ranges()).toEqual([undefined, 'bytes=120000-', undefined]);
    expect(await fixture.isComplete()).toBe(true);
  });

  it('begins anew when the server sends another range than was asked for', async () => {
    const wrong = {
      etag: etagOf(fixture.bytes),
      'content-range': `bytes 0-299999/300000`,
      'content-length': 300_000,
    };
    fixture.server.next(holdAfter(120_000, fixture.bytes), answerWith(206, wrong, fixture.bytes));
    const store = await fixture.store();

    await pullWithCuts(store);

    expect(ranges()).toEqual([undefined, 'bytes=120000-', undefined]);
    expect(await fixture.isComplete()).toBe(true);
  });

  it('never accepts two halves of different files, even from a server without ETags', async () => {
    const old = modelBytes(fixture.bytes.length, 9);
    const cutWithoutEtag = answerWith(200, {}, old.subarray(0, 120_000));
    fixture.server.put(`/${FILE}`, fixture.bytes, { etag: undefined });
    fixture.server.next(cutWithoutEtag);
    const store = await fixture.store();

    await pullWithCuts(store);

    expect(ranges()).toEqual([undefined, 'bytes=120000-', undefined]);
    expect(await fixture.isComplete()).toBe(true);
  });

  it('throws away a part that came from another address', async () => {
    await fixture.write(modelBytes(90_000, 3), '.partial');
    await fixture.write(JSON.stringify({ url: 'https://example.test/other', sha256: '00' }), '.partial.json');
    const store = await fixture.store();

    await pullWithCuts(store);

    expect(ranges()).toEqual([undefined]);
    expect(await fixture.isComplete()).toBe(true);
  });

  it('throws away a part that has no note, and one that is too long', async () => {
    await fixture.write(modelBytes(900_000, 3), '.partial');
    await fixture.write('not json', '.partial.json');
    const store = await fixture.store();

    await pullWithCuts(store);

    expect(ranges()).toEqual([undefined]);
    expect(await fixture.isComplete()).toBe(true);
  });

  it('asks for nothing when all bytes had arrived before the last run ended', async () => {
    fixture.server.next(holdAfter(120_000, fixture.bytes));
    const interrupted = await fixture.store({ maxAttempts: 1 });
    await expect(pullWithCuts(interrupted)).rejects.toMatchObject({ code: 'MODEL_DOWNLOAD_FAILED' });
    await writeFile(`${fixture.target}.partial`, fixture.bytes);
    const store = await fixture.store();

    await pullWithCuts(store);

    expect(ranges()).toEqual([undefined]);
    expect(await fixture.isComplete()).toBe(true);
  });

  it('gives up after the allowed tries without progress and keeps the part', async () => {
    const fail = answerWith(503, {});
    fixture.server.next(holdAfter(120_000, fixture.bytes), fail, fail);
    const waits: number[] = [];
    const store = await fixture.store({
      maxAttempts: 3,
      delay: async (ms) => {
        waits.push(ms);
      },
    });

    await expect(pullWithCuts(store)).rejects.toMatchObject({
      code: 'MODEL_DOWNLOAD_FAILED',
      retryable: true,
      message: expect.stringContaining('it answered 503'),
    });

    expect(waits).toEqual([500, 1000]);
    expect(await fixture.read('.partial')).toHaveLength(120_000);
    expect(await fixture.read()).toBeUndefined();
  });
});

describe('pull from a server that lies', () => {
  it('accepts no other bytes of the same length, and keeps none', async () => {
    fixture.server.put(`/${FILE}`, modelBytes(fixture.bytes.length, 5));
    const store = await fixture.store();

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_DOWNLOAD_CHANGED',
      retryable: false,
      message: expect.stringContaining('sha256'),
    });

    expect(fixture.server.requests).toHaveLength(1);
    expect(await filesLeft()).toEqual([]);
  });

  it('reads no body whose announced length is wrong', async () => {
    fixture.server.put(`/${FILE}`, modelBytes(12));
    const store = await fixture.store();

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_DOWNLOAD_CHANGED',
      message: expect.stringContaining('12 bytes, not 300000'),
    });
  });

  it('stops a body that does not end', async () => {
    fixture.server.next((_request, response) => {
      response.writeHead(200, {});
      const more = () => {
        if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(more));
      };
      more();
    });
    const store = await fixture.store();

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_DOWNLOAD_CHANGED',
      message: expect.stringContaining('more than 300000 bytes'),
    });
  });

  it('goes on after a body that ended early without a word', async () => {
    fixture.server.next(answerWith(200, { etag: etagOf(fixture.bytes) }, fixture.bytes.subarray(0, 1000)));
    const store = await fixture.store();

    await store.pull(MODEL);

    expect(ranges()).toEqual([undefined, 'bytes=1000-']);
    expect(await fixture.isComplete()).toBe(true);
  });

  it('recognises an HTML page', async () => {
    fixture.server.next(
      answerWith(200, { 'content-type': 'text/html; charset=utf-8' }, '<html>Log in</html>'),
    );
    const store = await fixture.store();

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_DOWNLOAD_CHANGED',
      message: expect.stringContaining('an HTML page'),
    });
  });

  it('says what to check when the file is not there or needs a login', async () => {
    fixture.server.next(answerWith(404, {}), answerWith(401, {}));
    const store = await fixture.store();

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_DOWNLOAD_REFUSED',
      retryable: false,
    });
    await expect(store.pull(MODEL)).rejects.toThrow('answered 401');
  });
});

describe('pull from a server that is silent', () => {
  it('gives up waiting for an answer', async () => {
    fixture.server.next(() => undefined);
    const store = await fixture.store({
      maxAttempts: 1,
      deadlines: { connectMs: 30_000, headersMs: 50, stallMs: 30_000, stallBytes: 1 },
    });

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_DOWNLOAD_SILENT',
      details: { waitedMs: 50 },
    });
  });

  it('gives up on a body that stops', async () => {
    fixture.server.next((_request, response) => {
      response.writeHead(200, { 'content-length': fixture.bytes.length });
      response.write(fixture.bytes.subarray(0, 1000));
    });
    const store = await fixture.store({
      maxAttempts: 1,
      deadlines: { connectMs: 30_000, headersMs: 30_000, stallMs: 50, stallBytes: 1 },
    });

    await expect(store.pull(MODEL)).rejects.toMatchObject({ code: 'MODEL_DOWNLOAD_SILENT' });
  });

  it('gives up on a body that only drips', async () => {
    let drip: NodeJS.Timeout | undefined;
    fixture.server.next((_request, response) => {
      response.writeHead(200, { 'content-length': fixture.bytes.length });
      drip = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(drip));
    });
    const store = await fixture.store({
      maxAttempts: 1,
      deadlines: { connectMs: 30_000, headersMs: 30_000, stallMs: 100, stallBytes: 10_000 },
    });

    await expect(store.pull(MODEL)).rejects.toMatchObject({ code: 'MODEL_DOWNLOAD_SILENT' });
  });

  it('tries again after silence', async () => {
    fixture.server.next(() => undefined);
    const store = await fixture.store({
      deadlines: { connectMs: 30_000, headersMs: 500, stallMs: 30_000, stallBytes: 1 },
    });

    await store.pull(MODEL);

    expect(await fixture.isComplete()).toBe(true);
  });

  it('ends at once with the reason of its signal', async () => {
    const controller = new AbortController();
    const reason = new Error('given up');
    fixture.server.next(() => controller.abort(reason));
    const store = await fixture.store();

    await expect(store.pull(MODEL, { signal: controller.signal })).rejects.toBe(reason);
    expect(await filesLeft()).not.toContain('.pull.lock');
  });

  it('names a server that refuses connections', async () => {
    await fixture.writeCatalogue({ url: 'http://127.0.0.1:9/tiny.gguf' });
    const store = await fixture.store();

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_DOWNLOAD_FAILED',
      message: expect.stringContaining('refuses connections'),
    });
  });
});

describe('pull and where it may go', () => {
  it('follows a redirect to an allowed address', async () => {
    fixture.server.put('/moved', fixture.bytes);
    fixture.server.next(answerWith(302, { location: '/moved' }));
    const store = await fixture.store();

    await store.pull(MODEL);

    expect(fixture.server.requests.map((request) => request.path)).toEqual([`/${FILE}`, '/moved']);
  });

  it('follows no redirect to a host that is not allowed, and shows no query', async () => {
    fixture.server.next(answerWith(302, { location: 'https://example.test/x?signature=secret' }));
    const store = await fixture.store();

    const pulled = store.pull(MODEL);

    await expect(pulled).rejects.toMatchObject({
      code: 'MODEL_URL_REFUSED',
      message: expect.stringContaining('example.test'),
    });
    await expect(pulled).rejects.not.toThrow('secret');
  });

  it('follows no redirect to plain http elsewhere', async () => {
    fixture.server.next(answerWith(302, { location: 'http://huggingface.co/x' }));
    const store = await fixture.store({ hosts: ['127.0.0.1', 'huggingface.co'] });

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_URL_REFUSED',
      message: expect.stringContaining('uses http'),
    });
  });

  it('follows no redirect to a file of this machine', async () => {
    fixture.server.next(answerWith(302, { location: 'file:///etc/hostname' }));
    const store = await fixture.store();

    await expect(store.pull(MODEL)).rejects.toMatchObject({ code: 'MODEL_URL_REFUSED' });
  });

  it('leaves a circle of redirects', async () => {
    fixture.server.next(...Array(20).fill(answerWith(302, { location: `/${FILE}` })));
    const store = await fixture.store();

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_URL_REFUSED',
      message: expect.stringContaining('more than 5 times'),
    });
    expect(fixture.server.requests).toHaveLength(6);
  });

  it('sends nothing while the node is offline', async () => {
    const store = await fixture.store({ isOffline: true });

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_OFFLINE',
      message: expect.stringContaining('MODELS_OFFLINE'),
    });
    expect(fixture.server.requests).toEqual([]);
  });

  it('sends nothing when the disk has too little space', async () => {
    const store = await fixture.store({ freeBytes: async () => 1_000_000 });

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_DISK_FULL',
      message: expect.stringContaining('MODELS_DIR'),
      details: { freeBytes: 1_000_000 },
    });
    expect(fixture.server.requests).toEqual([]);
  });

  it('names the folder when it cannot be written', async () => {
    await writeFile(path.join(fixture.directory, MODEL), 'a file where the folder should be');
    const store = await fixture.store();

    await expect(store.pull(MODEL)).rejects.toMatchObject({
      code: 'MODEL_FOLDER_UNUSABLE',
      message: expect.stringContaining(MODEL),
    });
  });

  it('refuses a model that no address is known for', async () => {
    const store = await fixture.store();

    await expect(store.pull('silero-vad')).rejects.toMatchObject({
      code: 'MODEL_NOT_DOWNLOADABLE',
      message: expect.stringContaining('@tiercel/starter-models'),
    });
  });

  it('refuses a second pull of the same model while one runs', async () => {
    const store = await fixture.store();
    const other = await fixture.store();
    let second: Promise<unknown> = Promise.resolve();
    fixture.server.next((request, response) => {
      second = other.pull(MODEL);
      second.then(
        () => response.destroy(),
        () => fixture.server.serve(request, response),
      );
    });

    await store.pull(MODEL);

    await expect(second).rejects.toMatchObject({ code: 'MODEL_PULL_BUSY', retryable: true });
    expect(await fixture.isComplete()).toBe(true);
    expect(await filesLeft()).toEqual([FILE]);
  });

  it('takes over the lock of a process that is gone', async () => {
    const { hostname } = await import('node:os');
    const gone = { id: 'x', pid: 2 ** 22 + 1, host: hostname() };
    await fixture.write('', '.unused');
    await writeFile(path.join(path.dirname(fixture.target), '.pull.lock'), JSON.stringify(gone));
    const store = await fixture.store();

    await store.pull(MODEL);

    expect(await fixture.isComplete()).toBe(true);
  });

  it('takes over the lock of an earlier process that had the same id', async () => {
    const { hostname } = await import('node:os');
    const earlier = { id: 'x', pid: process.pid, host: hostname() };
    await fixture.write('', '.unused');
    await writeFile(path.join(path.dirname(fixture.target), '.pull.lock'), JSON.stringify(earlier));
    const store = await fixture.store();

    await store.pull(MODEL);

    expect(await fixture.isComplete()).toBe(true);
  });

  it('respects the lock of another machine that is fresh', async () => {
    const elsewhere = { id: 'x', pid: 1, host: 'elsewhere.test' };
    await fixture.write('', '.unused');
    await writeFile(path.join(path.dirname(fixture.target), '.pull.lock'), JSON.stringify(elsewhere));
    const store = await fixture.store();

    await expect(store.pull(MODEL)).rejects.toMatchObject({ code: 'MODEL_PULL_BUSY' });
  });
});
