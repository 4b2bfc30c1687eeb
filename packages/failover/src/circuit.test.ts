import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Circuit, type CircuitCall } from './circuit.js';

class Time {
  nowMs = 0;
}

function openCircuit() {
  const time = new Time();
  const circuit = new Circuit({
    failuresToOpen: 3,
    coolDownMs: 5_000,
    longestCoolDownMs: 60_000,
    nowMs: () => time.nowMs,
  });
  const fail = (times = 1) => {
    for (let count = 0; count < times; count++) circuit.begin().fail('no answer');
  };
  return { circuit, time, fail };
}

describe('Circuit', () => {
  it('stays closed through two failures in a row', () => {
    const { circuit, fail } = openCircuit();

    fail(2);
    circuit.begin().succeed();
    fail(2);

    expect(circuit.isCallable).toBe(true);
    expect(circuit.status('delphi')).toEqual({
      plugin: 'delphi',
      state: 'closed',
      failures: 2,
      reason: 'no answer',
    });
  });

  it('opens at the third, and says when and why', () => {
    const { circuit, time, fail } = openCircuit();

    fail(3);
    time.nowMs = 1_500;

    expect(circuit.isCallable).toBe(false);
    expect(circuit.status('delphi')).toEqual({
      plugin: 'delphi',
      state: 'open',
      failures: 3,
      retryInMs: 3_500,
      reason: 'no answer',
    });
  });

  it('lets one call through after its cool-down, and no second one beside it', () => {
    const { circuit, time, fail } = openCircuit();
    fail(3);

    time.nowMs = 5_000;
    const before = circuit.isCallable;
    circuit.begin();

    expect([before, circuit.isCallable]).toEqual([true, false]);
    expect(circuit.status('delphi')).toMatchObject({ state: 'half-open', failures: 3 });
  });

  it('closes when the trial succeeds', () => {
    const { circuit, time, fail } = openCircuit();
    fail(3);
    time.nowMs = 5_000;

    circuit.begin().succeed();

    expect(circuit.status('delphi')).toEqual({ plugin: 'delphi', state: 'closed', failures: 0 });
  });

  it('waits twice as long after each trial that fails, up to the longest', () => {
    const { circuit, time, fail } = openCircuit();
    fail(3);

    const waits: unknown[] = [];
    for (let trial = 0; trial < 6; trial++) {
      const { retryInMs = 0 } = circuit.status('delphi');
      waits.push(retryInMs);
      time.nowMs += retryInMs;
      fail();
    }

    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('waits no longer after a trial that failed at once, where that is cheap', () => {
    const time = new Time();
    const circuit = new Circuit({ cheapTrialMs: 250, nowMs: () => time.nowMs });
    for (let count = 0; count < 3; count++) circuit.begin().fail('refused');

    const waits = [0, 249, 250, 1_000].map((tookMs) => {
      time.nowMs += circuit.status('delphi').retryInMs ?? 0;
      const trial = circuit.begin();
      time.nowMs += tookMs;
      trial.fail('refused');
      return circuit.status('delphi').retryInMs;
    });

    expect(waits).toEqual([5_000, 5_000, 10_000, 20_000]);
  });

  it('begins with the short wait again after it was closed', () => {
    const { circuit, time, fail } = openCircuit();
    fail(3);
    time.nowMs = 5_000;
    fail();
    time.nowMs = 15_000;
    circuit.begin().succeed();

    fail(3);

    expect(circuit.status('delphi').retryInMs).toBe(5_000);
  });

  it('learns nothing about the wait from calls that are not its trial', () => {
    const { circuit, time, fail } = openCircuit();
    const early = circuit.begin();
    fail(3);
    time.nowMs = 1_000;

    early.fail('too late');
    fail();

    expect(circuit.status('delphi')).toMatchObject({ failures: 5, retryInMs: 4_000 });
  });

  it('keeps its trial while other calls come and go', () => {
    const { circuit, time, fail } = openCircuit();
    fail(3);
    time.nowMs = 5_000;
    const trial = circuit.begin();

    fail();
    const besideTrial = circuit.status('delphi');
    trial.fail('no answer');

    expect(besideTrial).toMatchObject({ state: 'half-open', failures: 4 });
    expect(circuit.status('delphi')).toMatchObject({ state: 'open', failures: 5, retryInMs: 10_000 });
  });

  it('takes the failure of a trial that others have overtaken for an ordinary one', () => {
    const { circuit, time, fail } = openCircuit();
    const early = circuit.begin();
    fail(3);
    time.nowMs = 5_000;
    const trial = circuit.begin();
    early.succeed();

    trial.fail('no answer');

    expect(circuit.status('delphi')).toMatchObject({ state: 'closed', failures: 1 });
  });

  it('closes when any call succeeds, for that proves that the provider is well', () => {
    const { circuit, fail } = openCircuit();
    const early = circuit.begin();
    fail(3);

    early.succeed();

    expect(circuit.status('delphi').state).toBe('closed');
  });

  it('lets the next call through when a trial ends without a word', () => {
    const { circuit, time, fail } = openCircuit();
    fail(3);
    time.nowMs = 5_000;

    circuit.begin().release();

    expect(circuit.isCallable).toBe(true);
    expect(circuit.status('delphi').state).toBe('half-open');
  });

  it('lets another call through when a trial hangs for as long as the cool-down was', () => {
    const { circuit, time, fail } = openCircuit();
    fail(3);
    time.nowMs = 5_000;
    circuit.begin();

    time.nowMs = 9_999;
    const before = circuit.isCallable;
    time.nowMs = 10_000;

    expect([before, circuit.isCallable]).toEqual([false, true]);
  });

  it('believes only the first word about a call', () => {
    const { circuit } = openCircuit();
    const call = circuit.begin();
    call.release();

    call.fail('no answer');
    call.fail('no answer');
    call.fail('no answer');

    expect(circuit.status('delphi').failures).toBe(0);
  });

  it('opens for as long as the provider asks, at its first word', () => {
    const { circuit, time } = openCircuit();

    circuit.begin().fail('asked to wait', 30_000);
    time.nowMs = 29_999;
    const before = circuit.isCallable;
    time.nowMs = 30_000;

    expect([before, circuit.isCallable]).toEqual([false, true]);
  });

  it('waits no longer than the longest cool-down, whatever the provider asks', () => {
    const { circuit } = openCircuit();

    circuit.begin().fail('asked to wait', 86_400_000);

    expect(circuit.status('delphi').retryInMs).toBe(60_000);
  });

  it('shortens no pause when a call from before asks for less', () => {
    const { circuit } = openCircuit();
    const early = circuit.begin();
    circuit.begin().fail('asked to wait', 30_000);

    early.fail('asked to wait', 1_000);

    expect(circuit.status('delphi').retryInMs).toBe(30_000);
  });

  it('lets the next call try it when there is news, and that one only', () => {
    const { circuit, fail } = openCircuit();
    fail(3);

    circuit.endPause();
    const before = circuit.isCallable;
    circuit.begin();

    expect([before, circuit.isCallable]).toEqual([true, false]);
  });

  it('waits on after news that was wrong', () => {
    const { circuit, fail } = openCircuit();
    fail(3);
    circuit.endPause();

    fail();

    expect(circuit.status('delphi').retryInMs).toBe(10_000);
  });

  it('has no pause to end while it is closed', () => {
    const { circuit } = openCircuit();

    circuit.endPause();

    expect(circuit.state).toBe('closed');
  });

  it('has at most one trial at a time, and is closed exactly while fewer than three failures stand in a row', () => {
    const step = fc.oneof(
      fc.record({ does: fc.constant('begin' as const) }),
      fc.record({
        does: fc.constantFrom('succeed' as const, 'fail' as const, 'release' as const),
        at: fc.nat(),
      }),
      fc.record({ does: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 8_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { circuit, time } = openCircuit();
        const underWay: CircuitCall[] = [];
        let failures = 0;
        for (const taken of steps) {
          if (taken.does === 'begin') {
            const wasTrial = circuit.state === 'half-open' && circuit.isCallable;
            underWay.push(circuit.begin());
            if (wasTrial) expect(circuit.isCallable).toBe(false);
          } else if (taken.does === 'wait') time.nowMs += taken.ms;
          else {
            const [call] = underWay.splice(taken.at % Math.max(underWay.length, 1), 1);
            if (!call) continue;
            if (taken.does === 'fail') call.fail('no answer');
            else call[taken.does]();
            if (taken.does === 'succeed') failures = 0;
            if (taken.does === 'fail') failures++;
          }
          const status = circuit.status('delphi');
          expect(status.failures).toBe(failures);
          expect(status.state === 'closed').toBe(failures < 3);
          expect(status.retryInMs ?? 1).toBeGreaterThan(0);
          if (status.state === 'closed') expect(circuit.isCallable).toBe(true);
          if (status.state === 'open') expect(circuit.isCallable).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('Circuit with a share', () => {
  const share = { above: 0.5, minimumCalls: 10, windowMs: 60_000 };
  const openSharing = () => {
    const time = new Time();
    return { time, circuit: new Circuit({ share, nowMs: () => time.nowMs }) };
  };
  /** Never three failures in a row: `xx.` and so on. */
  const play = (circuit: Circuit, outcomes: string) => {
    for (const outcome of outcomes) {
      if (outcome === 'x') circuit.begin().fail('no answer');
      else circuit.begin().succeed();
    }
  };

  it('opens when more than the share of the latest calls failed, though not three in a row', () => {
    const { circuit } = openSharing();

    play(circuit, 'xx.xx.x.x');
    const before = circuit.state;
    play(circuit, 'x');

    expect([before, circuit.state]).toEqual(['closed', 'open']);
  });

  it('says nothing about fewer calls than it needs', () => {
    const { circuit } = openSharing();

    play(circuit, 'xx.xx.xx');

    expect(circuit.state).toBe('closed');
  });

  it('stays closed at the share itself', () => {
    const { circuit } = openSharing();

    play(circuit, '.x'.repeat(50));

    expect(circuit.state).toBe('closed');
  });

  it('forgets calls that left the window', () => {
    const { circuit, time } = openSharing();
    play(circuit, 'xx.xx.xx.');

    time.nowMs = 60_000;
    play(circuit, 'xx');

    expect(circuit.state).toBe('closed');
  });

  it('begins anew when it closes', () => {
    const { circuit, time } = openSharing();
    play(circuit, 'xx.xx.x.xx');
    time.nowMs = 5_000;
    play(circuit, '.');

    play(circuit, 'xx.xx.');

    expect(circuit.state).toBe('closed');
  });

  it('looks at the last thousand calls, however many there were', () => {
    const { circuit } = openSharing();
    play(circuit, '.'.repeat(5_000));

    play(circuit, `${'xx.'.repeat(250)}xx`);

    expect(circuit.state).toBe('open');
  });
});
