import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolError } from '@tiercel/capabilities/tool-provider';
import { type FakeTool, FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import type { AuditTrail } from './audit/audit-trail.js';
import { FileAuditTrail } from './audit/file-audit-trail.js';
import { readEarlierCalls } from './audit/read-earlier-calls.js';
import { verifyAudit } from './audit/verify-audit.js';
import { createToolRegistry } from './tool-registry.js';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'audit-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openAudited(tools: readonly FakeTool[], folder?: string) {
  const audit = folder ?? (await makeFolder());
  const log = new FakeLog();
  const trail = new FileAuditTrail({ folder: audit, epochMs: () => Date.now() });
  const provider = new FakeToolProvider(tools);
  const registry = createToolRegistry([{ plugin: 'tools-test', provider }], { trail, log });
  closing.push(() => trail[Symbol.asyncDispose]());
  const text = async () => {
    await trail[Symbol.asyncDispose]();
    const files = (await readdir(audit)).sort();
    return (await Promise.all(files.map((file) => readFile(path.join(audit, file), 'utf8')))).join('');
  };
  /** Ends the log. */
  const records = async (): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    (await text())
      .trimEnd()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind !== 'open');
  return { registry, provider, folder: audit, log, text, records };
}

const parameters = {
  type: 'object',
  additionalProperties: false,
  properties: {
    door: { type: 'string', maxLength: 20 },
    code: { type: 'string', maxLength: 50, writeOnly: true },
    password: { type: 'string', maxLength: 50 },
    note: { type: 'string', maxLength: 200 },
  },
};
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('ToolRegistry, audit', () => {
  it('writes down who called what, how it was decided and what came of it', async () => {
    const { registry, records, folder } = await openAudited([
      { name: 'unlock', effect: 'write', parameters },
    ]);
    const options = { caller: 'mcp:kitchen', requestId: 'r-1', traceparent, canAsk: true, hops: 1 };
    const args = { door: 'front' };
    const { details } = await registry.call('unlock', args, options).catch((error) => error);

    await registry.call('unlock', args, { ...options, approval: details.id, idempotencyKey: 'k' });
    await registry.call('unlock', args, { ...options, idempotencyKey: 'k' });
    const written = await records();

    const call = { call: expect.any(String), caller: 'mcp:kitchen', tool: 'unlock' };
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(written).toMatchObject([
      {
        kind: 'refused',
        ...call,
        requestId: 'r-1',
        traceparent,
        code: 'TOOL_APPROVAL_NEEDED',
        argsSha256: sha256,
      },
      {
        kind: 'start',
        ...call,
        requestId: 'r-1',
        traceparent,
        hops: 1,
        plugin: 'tools-test',
        effect: 'write',
        decision: 'approved',
        args: { door: 'front' },
        argsSha256: sha256,
        keySha256: sha256,
      },
      { kind: 'end', ...call, outcome: 'ok', bytes: 28, ms: expect.any(Number) },
      { kind: 'repeated', ...call, argsSha256: sha256, keySha256: sha256 },
    ]);
    expect(written[1]?.['call']).toBe(written[2]?.['call']);
    expect((await verifyAudit(folder)).findings).toEqual([]);
  });

  it('writes down every way in which a call can fail', async () => {
    const { registry, records } = await openAudited([
      { name: 'look' },
      { name: 'forbidden', policy: 'deny' },
      {
        name: 'fails',
        run: () => {
          throw new ToolError('TOOL_FAILED', { tool: 'fails', finding: 'no.' });
        },
      },
      { name: 'late', limits: { timeoutMs: 1 }, run: () => new Promise(() => undefined) },
      { name: 'left', run: () => new Promise(() => undefined) },
    ]);
    const ignore = () => undefined;
    await registry.list();
    const reason = new ToolError('TOOL_TIMEOUT', { tool: 'left', timeoutMs: 5 });
    const controller = new AbortController();

    await registry.call('nowhere', {}).catch(ignore);
    await registry.call('look', { x: 1 }).catch(ignore);
    await registry.call('forbidden', {}).catch(ignore);
    await registry.call('look', {}, { hops: 4 }).catch(ignore);
    await registry.call('fails', {}).catch(ignore);
    await registry.call('late', {}).catch(ignore);
    const left = registry.call('left', {}, { signal: controller.signal }).catch(ignore);
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(reason);
    await left;

    expect((await records()).filter(({ kind }) => kind !== 'start')).toMatchObject([
      { kind: 'refused', tool: 'nowhere', code: 'TOOL_UNKNOWN' },
      { kind: 'refused', tool: 'look', code: 'TOOL_ARGUMENTS_INVALID' },
      { kind: 'refused', tool: 'forbidden', code: 'TOOL_DENIED' },
      { kind: 'refused', tool: 'look', code: 'TOOL_HOPS_EXCEEDED' },
      { kind: 'end', tool: 'fails', outcome: 'failed', code: 'TOOL_FAILED' },
      { kind: 'end', tool: 'late', outcome: 'timeout', code: 'TOOL_TIMEOUT' },
      { kind: 'end', tool: 'left', outcome: 'cancelled', cancelCause: 'TOOL_TIMEOUT' },
    ]);
  });

  it('tells a call that was left while it waited from one that had begun', async () => {
    const { registry, records } = await openAudited([
      { name: 'wait', limits: { concurrency: 1 }, run: () => new Promise(() => undefined) },
    ]);
    await registry.list();
    const controller = new AbortController();
    const { signal } = controller;

    const calls = [1, 2].map(() => registry.call('wait', {}, { signal }).catch(() => undefined));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await Promise.all(calls);

    const ends = (await records()).filter(({ kind }) => kind === 'end');
    expect(ends.map(({ outcome, cancelCause }) => `${outcome} ${cancelCause}`).sort()).toEqual([
      'cancelled AbortError',
      'refused AbortError',
    ]);
  });

  it('writes down what a person refused', async () => {
    const { registry, records } = await openAudited([{ name: 'unlock', effect: 'write' }]);
    const { details } = await registry
      .call('unlock', {}, { caller: 'a', canAsk: true })
      .catch((error) => error);

    await registry.refuse(details.id, { caller: 'b' });
    await registry.refuse(details.id, { caller: 'a' });

    expect(await records()).toMatchObject([
      { kind: 'refused', code: 'TOOL_APPROVAL_NEEDED' },
      { kind: 'declined', caller: 'a', tool: 'unlock' },
    ]);
  });

  it('keeps planted secrets out of audit log, log and errors', async () => {
    const secrets = ['s3cr3t-code', 'hunter2hunter2', 'ghp_0123456789abcdefABCDEF', 'exception text'];
    const { registry, text, log } = await openAudited([
      {
        name: 'unlock',
        parameters,
        run: () => {
          throw new Error(`exception text with ${secrets.join(' ')}`);
        },
      },
    ]);
    const args = { door: 'front', code: secrets[0], password: secrets[1], note: `use ${secrets[2]}` };

    const error = await registry.call('unlock', args).catch((failure) => failure);
    const invalid = await registry.call('unlock', { ...args, door: secrets }).catch((failure) => failure);
    const all = [await text(), JSON.stringify(log.lines), String(error), String(invalid)].join('\n');

    expect(all).toContain('"door":"front"');
    expect(all).toContain('a tool broke');
    for (const secret of secrets) expect(all).not.toContain(secret);
  });

  it('runs nothing that cannot be undone while the log cannot be written', async () => {
    const folder = path.join(await makeFolder(), 'audit');
    await writeFile(folder, 'in the way');
    const tools = (['read', 'write', 'destructive'] as const).map((effect) => ({
      name: effect,
      effect,
      policy: 'allow' as const,
    }));
    const { registry, provider } = await openAudited(tools, folder);

    await registry.call('read', {});
    await registry.call('write', {});
    await expect(registry.call('destructive', {})).rejects.toMatchObject({
      code: 'TOOL_AUDIT_UNWRITABLE',
      cause: { code: 'AUDIT_UNWRITABLE' },
    });
    await rm(folder);
    await registry.call('destructive', {});

    expect(provider.calls.map(({ name }) => name)).toEqual(['read', 'write', 'destructive']);
  });

  it('loses no record of calls that come faster than the disk writes', async () => {
    const { registry, records } = await openAudited([{ name: 'look' }]);

    for (let call = 0; call < 2_000; call++) await registry.call('look', {});

    expect(await records()).toHaveLength(4_000);
  });

  it('waits five seconds for a disk that hangs, and then runs only what can be undone', async () => {
    const clock = new FakeClock();
    const trail: AuditTrail = { isBehind: false, append: () => new Promise(() => undefined) };
    const provider = new FakeToolProvider([
      { name: 'write', effect: 'write', policy: 'allow' },
      { name: 'destroy', effect: 'destructive', policy: 'allow' },
      { name: 'read' },
    ]);
    const registry = createToolRegistry([provider], {
      trail,
      delay: (ms, options) => clock.delay(ms, options),
    });
    await registry.list();

    const read = registry.call('read', {});
    const write = registry.call('write', {});
    const destroy = registry.call('destroy', {}).catch((error) => error.code);
    expect(await read).toEqual({ content: {} });
    await clock.advance(4_999);
    const before = provider.calls.map(({ name }) => name);
    await clock.advance(1);

    expect(await Promise.all([write, destroy])).toEqual([{ content: {} }, 'TOOL_AUDIT_UNWRITABLE']);
    expect(before).toEqual(['read']);
    expect(provider.calls.map(({ name }) => name)).toEqual(['read', 'write']);
  });

  it('lets the caller leave while the disk hangs', async () => {
    const trail: AuditTrail = { isBehind: false, append: () => new Promise(() => undefined) };
    const provider = new FakeToolProvider([{ name: 'destroy', effect: 'destructive', policy: 'allow' }]);
    const registry = createToolRegistry([provider], { trail });
    const controller = new AbortController();
    await registry.list();

    const call = registry.call('destroy', {}, { signal: controller.signal });
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('enough'));

    await expect(call).rejects.toThrow('enough');
    expect(provider.calls).toEqual([]);
  });

  it('does a call with a key once, though the process is killed in the middle of it', async () => {
    const folder = await makeFolder();
    const dist = new URL('../dist/index.js', import.meta.url).href;
    const script = `
      import { createToolRegistry, FileAuditTrail } from ${JSON.stringify(dist)};
      const parameters = { type: 'object', additionalProperties: false, properties: {} };
      const trail = new FileAuditTrail({ folder: ${JSON.stringify(folder)}, epochMs: () => Date.now() });
      const tool = { description: 'Books.', parameters, effect: 'write', weight: 'light', policy: 'allow' };
      const registry = createToolRegistry([{
        list: async () => [{ ...tool, name: 'book' }],
        call: async (_name, _args, { idempotencyKey }) => {
          if (idempotencyKey === 'done') return { content: 'booked' };
          process.stdout.write('begun');
          await new Promise(() => setInterval(() => undefined, 1_000));
        },
      }], { trail });
      await registry.call('book', {}, { caller: 'server', idempotencyKey: 'done' });
      await registry.call('book', {}, { caller: 'server', idempotencyKey: 'cut' });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');

    const provider = new FakeToolProvider([{ name: 'book', effect: 'write', policy: 'allow' }]);
    const earlier = await readEarlierCalls(folder, Date.now());
    const registry = createToolRegistry([provider], { earlier });
    const repeat = (idempotencyKey: string, caller = 'server') =>
      registry.call('book', {}, { caller, idempotencyKey }).then(
        () => 'ran',
        (error) => error.code,
      );

    expect(await repeat('done')).toBe('TOOL_RESULT_LOST');
    expect(await repeat('cut')).toBe('TOOL_CANCELLED');
    expect(provider.calls).toEqual([]);
    expect([await repeat('new'), await repeat('cut', 'other')]).toEqual(['ran', 'ran']);
  });
});
