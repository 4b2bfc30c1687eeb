import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { Approvals } from './approvals.js';

const call = { caller: 'assistant', tool: 'unlock_door', fingerprint: 'front' };

function openApprovals() {
  const clock = new FakeClock();
  return { clock, approvals: new Approvals(() => clock.nowMs()) };
}

describe('Approvals', () => {
  it('are good once', () => {
    const { approvals } = openApprovals();
    const id = approvals.ask(call);

    const uses = [approvals.take(id, call), approvals.take(id, call)];

    expect(uses).toEqual([true, false]);
  });

  it('expire after a minute', async () => {
    const { approvals, clock } = openApprovals();
    const ids = [approvals.ask(call), approvals.ask(call)] as const;

    await clock.advance(59_999);
    const inTime = approvals.take(ids[0], call);
    await clock.advance(1);
    const late = approvals.take(ids[1], call);

    expect([inTime, late]).toEqual([true, false]);
  });

  it('make room for others when they have expired', async () => {
    const { approvals, clock } = openApprovals();
    const early = approvals.ask({ ...call, caller: 'guest' });
    await clock.advance(60_000);

    const ids = Array.from({ length: 16 }, () => approvals.ask(call));

    expect(approvals.refuse(early, 'guest')).toBeUndefined();
    expect(ids.map((id) => approvals.take(id, call))).toEqual(Array(16).fill(true));
  });

  it('are lost to another call, and untouched by another caller', () => {
    const { approvals } = openApprovals();
    const [first, second] = [approvals.ask(call), approvals.ask(call)];

    const otherCall = approvals.take(first, { ...call, fingerprint: 'back' });
    const afterOtherCall = approvals.take(first, call);
    const otherCaller = approvals.take(second, { ...call, caller: 'guest' });
    const afterOtherCaller = approvals.take(second, call);

    expect([otherCall, afterOtherCall, otherCaller, afterOtherCaller]).toEqual([false, false, false, true]);
  });

  it('can be refused only by who asked', () => {
    const { approvals } = openApprovals();
    const id = approvals.ask(call);

    const byOther = approvals.refuse(id, 'guest');
    const byCaller = approvals.refuse(id, 'assistant');

    expect([byOther, byCaller]).toMatchObject([undefined, call]);
    expect(approvals.take(id, call)).toBe(false);
  });

  it('are open 16 at a time for each caller, the earliest goes first', () => {
    const { approvals } = openApprovals();
    const other = approvals.ask({ ...call, caller: 'guest' });
    const ids = Array.from({ length: 17 }, () => approvals.ask(call));

    const isGood = ids.map((id) => approvals.take(id, call));

    expect(isGood).toEqual([false, ...Array(16).fill(true)]);
    expect(approvals.take(other, { ...call, caller: 'guest' })).toBe(true);
  });

  it('are open 1,024 at a time for all callers', () => {
    const { approvals } = openApprovals();
    const ask = (caller: number) => approvals.ask({ ...call, caller: `${caller}` });
    const ids = Array.from({ length: 1_025 }, (_, caller) => ask(caller));

    const isGood = ids.map((id, caller) => approvals.take(id, { ...call, caller: `${caller}` }));

    expect(isGood.indexOf(true)).toBe(1);
    expect(isGood.filter(Boolean)).toHaveLength(1_024);
  });
});
