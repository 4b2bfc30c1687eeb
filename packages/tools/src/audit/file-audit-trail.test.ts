import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AuditRecord } from './audit-trail.js';
import { FileAuditTrail } from './file-audit-trail.js';
import { readEarlierCalls } from './read-earlier-calls.js';
import { verifyAudit } from './verify-audit.js';

const START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'audit-'));
  folders.push(folder);
  return folder;
}

/** Each life of a process is a second later. */
function openTrail(folder: string, life = 0, more: { readonly fileBytes?: number } = {}) {
  const states: (string | undefined)[] = [];
  const trail = new FileAuditTrail({
    folder,
    epochMs: () => START_MS + life * 1_000,
    onState: (failure) => states.push(failure && Reflect.get(failure, 'code')),
    ...more,
  });
  return { trail, states };
}

function record(call: string): AuditRecord {
  return { kind: 'declined', caller: 'assistant', tool: call, argsSha256: '' };
}

async function linesOf(folder: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const lines: Readonly<Record<string, unknown>>[] = [];
  for (const file of (await readdir(folder)).sort()) {
    const text = await readFile(path.join(folder, file), 'utf8');
    for (const line of text.split('\n').filter(Boolean)) lines.push(JSON.parse(line));
  }
  return lines;
}

describe('FileAuditTrail', () => {
  it('writes a line for each record, in order, for nobody else to read', async () => {
    const folder = path.join(await makeFolder(), 'deep', 'audit');
    const { trail } = openTrail(folder);

    await Promise.all([trail.append(record('one')), trail.append(record('two'), { isDurable: true })]);
    await trail[Symbol.asyncDispose]();

    const [file = ''] = await readdir(folder);
    expect(await linesOf(folder)).toMatchObject([
      { sequence: 1, kind: 'open', time: '2026-01-01T00:00:00.000Z' },
      { sequence: 2, kind: 'declined', tool: 'one' },
      { sequence: 3, kind: 'declined', tool: 'two' },
    ]);
    expect([(await stat(folder)).mode & 0o777, (await stat(path.join(folder, file))).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
  });

  it('makes no file until there is something to write', async () => {
    const folder = await makeFolder();
    const { trail } = openTrail(folder);

    await trail.probe();
    await trail[Symbol.asyncDispose]();

    expect(await readdir(folder)).toEqual([]);
  });

  it('continues the chain in each life, and with a new file when one is full', async () => {
    const folder = await makeFolder();
    for (let life = 0; life < 3; life++) {
      const { trail } = openTrail(folder, life, { fileBytes: 1_000 });
      for (let call = 0; call < 5; call++) await trail.append(record(`${life}.${call}`));
      await trail[Symbol.asyncDispose]();
    }

    const lines = await linesOf(folder);
    const report = await verifyAudit(folder);

    expect(report.files.length).toBeGreaterThan(3);
    expect(report).toMatchObject({ records: lines.length, findings: [], lastHash: lines.at(-1)?.['hash'] });
    const opened = lines.filter(({ kind }) => kind === 'open');
    expect(opened[0]).not.toHaveProperty('continues');
    expect(opened.slice(1).map(({ continues }) => Reflect.get(Object(continues), 'file'))).toEqual(
      report.files.slice(0, -1),
    );
  });

  it('serves two nodes in one folder', async () => {
    const folder = await makeFolder();
    const [edge, core] = [openTrail(folder), openTrail(folder, 1)];

    for (let call = 0; call < 10; call++) {
      await Promise.all([edge.trail.append(record('edge')), core.trail.append(record('core'))]);
    }
    await edge.trail[Symbol.asyncDispose]();
    await core.trail[Symbol.asyncDispose]();

    expect(await verifyAudit(folder)).toMatchObject({ records: 22, findings: [] });
  });

  it('goes on after half a line that a killed process left', async () => {
    const folder = await makeFolder();
    const { trail } = openTrail(folder);
    await trail.append(record('one'));
    await trail[Symbol.asyncDispose]();
    const [file = ''] = await readdir(folder);
    await appendFile(path.join(folder, file), '{"sequence":3,"time":"2026');

    const next = openTrail(folder, 1);
    await next.trail.append(record('two'));
    await next.trail[Symbol.asyncDispose]();

    expect(await verifyAudit(folder)).toMatchObject({ records: 4, findings: [] });
  });

  it('has every record that was acknowledged before kill -9', async () => {
    const folder = await makeFolder();
    const dist = new URL('../../dist/index.js', import.meta.url).href;
    const script = `
      import { FileAuditTrail } from ${JSON.stringify(dist)};
      const trail = new FileAuditTrail({ folder: ${JSON.stringify(folder)}, epochMs: () => Date.now() });
      for (let call = 1; ; call++) {
        await trail.append({ kind: 'declined', caller: 'a', tool: String(call), argsSha256: '' });
        process.stdout.write(call + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      if (output.length > 1_000) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const acknowledged = Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1));

    const { records, findings } = await verifyAudit(folder);

    expect(acknowledged).toBeGreaterThan(200);
    expect(findings).toEqual([]);
    expect(records).toBeGreaterThan(acknowledged);
  });

  it.each([
    ['a byte', 0],
    ['a whole record', 1],
  ])('leaves nothing behind that does not add up when the disk takes less than %s', async (_, blocks) => {
    const folder = await makeFolder();
    const dist = new URL('../../dist/index.js', import.meta.url).href;
    const script = `
      import { FileAuditTrail } from ${JSON.stringify(dist)};
      process.on('SIGXFSZ', () => undefined);
      const trail = new FileAuditTrail({ folder: ${JSON.stringify(folder)}, epochMs: () => Date.now() });
      const outcomes = [];
      for (let call = 1; call <= 10; call++) {
        await trail.append({ kind: 'declined', caller: 'a', tool: 'x'.repeat(100), argsSha256: '' }).then(
          () => outcomes.push('written'),
          (error) => outcomes.push(error.details.finding),
        );
      }
      process.stdout.write(JSON.stringify(outcomes));`;
    const limited = `ulimit -f ${blocks}; exec "$0" --input-type=module -e "$1"`;
    const child = spawn('bash', ['-c', limited, process.execPath, script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    await once(child, 'close');

    const outcomes: readonly string[] = JSON.parse(output);
    const { files, records, findings } = await verifyAudit(folder);
    expect(new Set(outcomes)).toEqual(new Set(blocks === 0 ? ['EFBIG'] : ['written', 'EFBIG']));
    expect(findings).toEqual([]);
    expect(records).toBe(outcomes.filter((outcome) => outcome === 'written').length + files.length);
  });

  it('says once that it cannot write, and once that it can again', async () => {
    const folder = path.join(await makeFolder(), 'audit');
    await writeFile(folder, 'in the way');
    const { trail, states } = openTrail(folder);

    await trail.probe();
    await expect(trail.append(record('one'))).rejects.toMatchObject({
      code: 'AUDIT_UNWRITABLE',
      details: { finding: 'EEXIST' },
    });
    await rm(folder);
    await trail.append(record('two'));
    await trail[Symbol.asyncDispose]();

    expect(states).toEqual(['AUDIT_UNWRITABLE', undefined]);
    expect(await linesOf(folder)).toMatchObject([{ kind: 'open' }, { tool: 'two' }]);
  });

  it('notices a removed file when it matters, and begins a new one', async () => {
    const folder = await makeFolder();
    const { trail } = openTrail(folder);
    await trail.append(record('one'));
    for (const file of await readdir(folder)) await rm(path.join(folder, file));

    await expect(trail.append(record('two'), { isDurable: true })).rejects.toMatchObject({
      code: 'AUDIT_UNWRITABLE',
      message: expect.stringContaining('its file was removed'),
    });
    await trail.append(record('three'), { isDurable: true });
    await trail[Symbol.asyncDispose]();

    expect(await linesOf(folder)).toMatchObject([{ kind: 'open' }, { tool: 'three' }]);
  });

  it('refuses records that the disk does not keep up with, and those after its end', async () => {
    const folder = await makeFolder();
    const { trail } = openTrail(folder);

    const outcomes = await Promise.allSettled(
      Array.from({ length: 1_025 }, (_, call) => trail.append(record(`${call}`))),
    );
    await trail[Symbol.asyncDispose]();

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1_024);
    expect(outcomes.at(-1)).toMatchObject({ reason: { code: 'AUDIT_QUEUE_FULL', retryable: true } });
    await expect(trail.append(record('late'))).rejects.toMatchObject({ code: 'AUDIT_CLOSED' });
    expect(await verifyAudit(folder)).toMatchObject({ records: 1_025, findings: [] });
  });

  it('keeps 32 files, and all that were written to within a day', async () => {
    const folder = await makeFolder();
    for (let life = 0; life < 40; life++) {
      const { trail } = openTrail(folder, life);
      await trail.append(record(`${life}`));
      await trail[Symbol.asyncDispose]();
    }
    const files = (await readdir(folder)).sort();
    const before = new Date(START_MS - 2 * DAY_MS);
    for (const file of files.slice(0, 5)) await utimes(path.join(folder, file), before, before);

    const { trail } = openTrail(folder, 100);
    await trail.append(record('last'));
    await trail[Symbol.asyncDispose]();

    expect((await readdir(folder)).sort().slice(0, -1)).toEqual(files.slice(5));
    expect((await verifyAudit(folder)).findings).toEqual([]);
  });
});

describe('verifyAudit', () => {
  it('finds any change to any line', async () => {
    const folder = await makeFolder();
    for (let life = 0; life < 2; life++) {
      const { trail } = openTrail(folder, life);
      for (let call = 0; call < 3; call++) await trail.append(record(`${call}`));
      await trail[Symbol.asyncDispose]();
    }
    const files = (await readdir(folder)).sort();
    const copies = await Promise.all(files.map((file) => readFile(path.join(folder, file))));

    await fc.assert(
      fc.asyncProperty(fc.nat(1), fc.nat(), fc.integer({ min: 1, max: 255 }), async (which, at, mask) => {
        const [file = '', copy = Buffer.alloc(0)] = [files[which], copies[which]];
        const changed = Buffer.from(copy);
        // Without its last line end, the last line might be one that was never finished.
        const place = at % (copy.length - 1);
        changed[place] = (changed[place] ?? 0) ^ mask;
        await writeFile(path.join(folder, file), changed);

        const { findings } = await verifyAudit(folder);
        await writeFile(path.join(folder, file), copy);

        expect(findings).not.toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('finds lines that were removed, moved or cut off before the next file', async () => {
    const folder = await makeFolder();
    for (let life = 0; life < 2; life++) {
      const { trail } = openTrail(folder, life);
      for (let call = 0; call < 3; call++) await trail.append(record(`${call}`));
      await trail[Symbol.asyncDispose]();
    }
    const [file = ''] = (await readdir(folder)).sort();
    const lines = (await readFile(path.join(folder, file), 'utf8')).trimEnd().split('\n');
    const [open, one, two, three] = lines;
    const findingsOf = async (changed: readonly (string | undefined)[]) => {
      await writeFile(path.join(folder, file), `${changed.join('\n')}\n`);
      return (await verifyAudit(folder)).findings;
    };

    expect(await findingsOf(lines)).toEqual([]);
    expect(await findingsOf([open, one, three])).toMatchObject([{ file, line: 3 }]);
    expect(await findingsOf([one, two, three])).toMatchObject([{ file, line: 1 }]);
    expect(await findingsOf([open, two, one, three])).toHaveLength(3);
    expect(await findingsOf([open, one, two])).toMatchObject([
      { line: 1, finding: expect.stringContaining(file) },
    ]);
  });

  it('says what there is of a log that never was', async () => {
    const folder = path.join(await makeFolder(), 'none');

    expect(await verifyAudit(folder)).toEqual({ files: [], records: 0, findings: [], lastHash: undefined });
  });

  it('tells when the folder cannot be read', async () => {
    const folder = path.join(await makeFolder(), 'file');
    await writeFile(folder, '');

    await expect(verifyAudit(folder)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});

describe('readEarlierCalls', () => {
  const start = {
    kind: 'start',
    caller: 'server',
    tool: 'book_table',
    plugin: 'tables',
    effect: 'write',
    decision: 'allowed',
    args: {},
    argsSha256: 'for two',
  } as const;
  const end = { kind: 'end', caller: 'server', tool: 'book_table', ms: 1 } as const;

  it('tells calls with keys of the last ten minutes, and what became of them', async () => {
    const folder = await makeFolder();
    await mkdir(folder, { recursive: true });
    const { trail } = openTrail(folder);
    for (const call of ['done', 'failed', 'cut', 'cancelled', 'refused']) {
      await trail.append({ ...start, call, keySha256: `key of ${call}` });
    }
    await trail.append({ ...start, call: 'without a key' });
    await trail.append({ ...end, call: 'done', outcome: 'ok' });
    await trail.append({ ...end, call: 'failed', outcome: 'failed' });
    await trail.append({ ...end, call: 'cancelled', outcome: 'cancelled' });
    await trail.append({ ...end, call: 'refused', outcome: 'refused' });
    await trail[Symbol.asyncDispose]();

    const soon = await readEarlierCalls(folder, START_MS + 60_000);
    const late = await readEarlierCalls(folder, START_MS + 600_000);

    const earlier = { caller: 'server', tool: 'book_table', fingerprint: 'for two', ageMs: 60_000 };
    expect(soon).toEqual([
      { ...earlier, keySha256: 'key of done', isDone: true },
      { ...earlier, keySha256: 'key of failed', isDone: true },
      { ...earlier, keySha256: 'key of cut', isDone: false },
      { ...earlier, keySha256: 'key of cancelled', isDone: false },
    ]);
    expect(late).toEqual([]);
  });
});
