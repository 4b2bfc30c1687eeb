import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { ToolError, type ToolResult } from '@tiercel/capabilities/tool-provider';
import { sha256 } from './canonical-json.js';
import { OnceCalls, type OnceWork } from './once-calls.js';

function openCalls() {
  const clock = new FakeClock();
  const calls = new OnceCalls(() => clock.nowMs());
  let runs = 0;
  const work: OnceWork = async (_, begin) => {
    begin();
    runs += 1;
    return { content: runs };
  };
  const keyed = (more: { readonly signal?: AbortSignal; readonly fingerprint?: string } = {}) => ({
    caller: 'server',
    tool: 'book_table',
    idempotencyKey: 'key 1',
    fingerprint: 'for two',
    signal: undefined,
    ...more,
  });
  return { clock, calls, work, keyed, runs: () => runs };
}

/** Work that the test settles. */
function openWork() {
  const signals: AbortSignal[] = [];
  const settle: { resolve(result: ToolResult): void; reject(error: unknown): void }[] = [];
  const work: OnceWork = (signal, begin) => {
    begin();
    signals.push(signal);
    return new Promise((resolve, reject) => settle.push({ resolve, reject }));
  };
  return { work, signals, settle };
}

describe('OnceCalls', () => {
  it('runs a call once, and anew after ten minutes', async () => {
    const { calls, work, keyed, clock } = openCalls();

    const first = await calls.run(keyed(), work);
    await clock.advance(599_999);
    const repeated = await calls.run(keyed(), work);
    await clock.advance(1);
    const late = await calls.run(keyed(), work);

    expect([first, repeated, late]).toEqual([{ content: 1 }, { content: 1 }, { content: 2 }]);
  });

  it('shares a call that runs', async () => {
    const { calls, keyed } = openCalls();
    const { work, settle } = openWork();

    const both = [calls.run(keyed(), work), calls.run(keyed(), work)];
    settle[0]?.resolve({ content: 'done' });

    expect(await Promise.all(both)).toEqual([{ content: 'done' }, { content: 'done' }]);
    expect(settle).toHaveLength(1);
  });

  it('remembers the error of what has begun, and forgets what was refused before', async () => {
    const { calls, work, keyed } = openCalls();
    const refused = new ToolError('TOOL_BUSY', { tool: 'book_table', running: 1, waiting: 64 });
    const failed = new ToolError('TOOL_FAILED', { tool: 'book_table', finding: 'no table.' });

    await expect(calls.run(keyed(), () => Promise.reject(refused))).rejects.toBe(refused);
    const failing: OnceWork = async (_, begin) => {
      begin();
      throw failed;
    };
    await expect(calls.run(keyed(), failing)).rejects.toBe(failed);

    await expect(calls.run(keyed(), work)).rejects.toBe(failed);
  });

  it('refuses a key that belongs to another call', async () => {
    const { calls, work, keyed } = openCalls();
    await calls.run(keyed(), work);

    await expect(calls.run(keyed({ fingerprint: 'for three' }), work)).rejects.toMatchObject({
      code: 'TOOL_KEY_REUSED',
    });
    expect(await calls.run({ ...keyed(), caller: 'other' }, work)).toEqual({ content: 2 });
  });

  it('lets one of two leave, and cancels when the last has left', async () => {
    const { calls, keyed } = openCalls();
    const { work, signals, settle } = openWork();
    const [one, other] = [new AbortController(), new AbortController()];
    const first = calls.run(keyed({ signal: one.signal }), work);
    const second = calls.run(keyed({ signal: other.signal }), work);

    one.abort(new Error('first left'));
    await expect(first).rejects.toThrow('first left');
    const afterFirst = signals[0]?.aborted;
    other.abort(new Error('second left'));
    await expect(second).rejects.toThrow('second left');
    settle[0]?.reject(signals[0]?.reason);

    expect([afterFirst, signals[0]?.aborted]).toEqual([false, true]);
    await expect(calls.run(keyed(), work)).rejects.toMatchObject({ code: 'TOOL_CANCELLED' });
    expect(settle).toHaveLength(1);
  });

  it('gives a repeated call the result of one that was left and ended well', async () => {
    const { calls, keyed } = openCalls();
    const { work, settle } = openWork();
    const controller = new AbortController();
    const left = calls.run(keyed({ signal: controller.signal }), work);
    controller.abort(new Error('connection lost'));
    await expect(left).rejects.toThrow('connection lost');

    const repeated = calls.run(keyed(), work);
    settle[0]?.resolve({ content: 'booked' });

    expect(await repeated).toEqual({ content: 'booked' });
    expect(settle).toHaveLength(1);
  });

  it('runs a call anew that was left while it waited for its turn', async () => {
    const { calls, work, keyed, runs } = openCalls();
    const controller = new AbortController();
    const waiting: OnceWork = (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const left = calls.run(keyed({ signal: controller.signal }), waiting);
    controller.abort(new Error('connection lost'));
    await expect(left).rejects.toThrow('connection lost');

    await calls.run(keyed(), work);
    await calls.run(keyed(), work);

    expect(runs()).toBe(1);
  });

  it('knows what was done before the node started', async () => {
    const { calls, work, keyed, clock, runs } = openCalls();
    const earlier = { caller: 'server', tool: 'book_table', fingerprint: 'for two', ageMs: 60_000 };
    calls.remember([
      { ...earlier, keySha256: sha256('key 1'), isDone: true },
      { ...earlier, keySha256: sha256('key 2'), isDone: false },
    ]);

    await expect(calls.run(keyed(), work)).rejects.toMatchObject({ code: 'TOOL_RESULT_LOST' });
    await expect(calls.run({ ...keyed(), idempotencyKey: 'key 2' }, work)).rejects.toMatchObject({
      code: 'TOOL_CANCELLED',
    });
    await clock.advance(540_000);

    expect(await calls.run(keyed(), work)).toEqual({ content: 1 });
    expect(runs()).toBe(1);
  });

  it('refuses a caller rather than forgetting what it has done', async () => {
    const { calls, work, keyed, clock } = openCalls();
    const numbered = (call: number) => ({ ...keyed(), idempotencyKey: `key ${call}` });
    for (let call = 0; call < 1_024; call++) await calls.run(numbered(call), work);

    await expect(calls.run(numbered(1_024), work)).rejects.toMatchObject({ code: 'TOOL_BUSY' });
    expect(await calls.run(numbered(0), work)).toEqual({ content: 1 });
    expect(await calls.run({ ...keyed(), caller: 'other' }, work)).toEqual({ content: 1_025 });
    await clock.advance(600_000);
    expect(await calls.run(numbered(1_024), work)).toEqual({ content: 1_026 });
  });

  it('counts the size of what it remembers', async () => {
    const { calls, keyed } = openCalls();
    const large: OnceWork = async () => ({ content: 'x'.repeat(1_048_576) });
    for (let call = 0; call < 8; call++)
      await calls.run({ ...keyed(), idempotencyKey: `key ${call}` }, large);

    await expect(calls.run(keyed(), large)).resolves.toBeDefined();
    await expect(calls.run({ ...keyed(), idempotencyKey: 'key 9' }, large)).rejects.toMatchObject({
      code: 'TOOL_BUSY',
    });
  });
});
