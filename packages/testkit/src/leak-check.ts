import { EventEmitter, getEventListeners } from 'node:events';
import { listChildProcesses } from './child-processes.js';
import { TestkitError } from './errors.js';
import { pause } from './pause.js';

export interface LeakCheckOptions {
  /** Things on which no more listeners may stand afterwards than before. */
  readonly watch?: readonly (AbortSignal | EventEmitter)[];
  /** What was closed may take that long to go. Default 2,000. */
  readonly settleMs?: number;
}

/** Compares what is open now with what was open when the check was made. */
export interface LeakCheck {
  /** Throws `TESTKIT_LEAK_FOUND` with everything that was left behind. */
  expectNone(): Promise<void>;
}

/** Looks every so often whether what was closed has gone. */
const lookEveryMs = 5;

/**
 * Notes which active resources of Node (timers, sockets, workers; not those that were `unref`ed), child processes and
 * listeners there are. Nothing else may open anything in this process until `expectNone` has settled.
 */
export function openLeakCheck({ watch = [], settleMs = 2_000 }: LeakCheckOptions = {}): LeakCheck {
  nameStandardStreams();
  const resources = countResources();
  const children = new Set(listChildProcesses().map(({ pid }) => pid));
  const listeners = watch.map(countListeners);
  const find = (): readonly string[] => [
    ...[...countResources()].flatMap(([kind, count]) => {
      const surplus = count - (resources.get(kind) ?? 0);
      return surplus > 0 ? [`active resource ${kind}, ${surplus} more than before`] : [];
    }),
    ...listChildProcesses()
      .filter(({ pid }) => !children.has(pid))
      .map(({ pid, command }) => `process ${pid}: ${command.slice(0, 200)}`),
    ...watch.flatMap((target, index) => findListeners(target, listeners[index] ?? new Map())),
  ];
  return {
    async expectNone() {
      const endMs = performance.now() + settleMs;
      let findings = find();
      while (findings.length > 0 && performance.now() < endMs) {
        await pause(lookEveryMs);
        findings = find();
      }
      if (findings.length > 0) throw new TestkitError('TESTKIT_LEAK_FOUND', { findings });
    },
  };
}

/** Does `work` and throws `TESTKIT_LEAK_FOUND` if it leaves something behind; an error of `work` itself comes first. */
export async function expectNoLeaks<T>(
  work: () => Promise<T> | T,
  options: LeakCheckOptions = {},
): Promise<T> {
  const check = openLeakCheck(options);
  const result = await work();
  await check.expectNone();
  return result;
}

/** Node makes them when they are first named, as some libraries do on import, and they stay: nobody has left them behind. */
function nameStandardStreams(): readonly unknown[] {
  return [process.stdin, process.stdout, process.stderr];
}

function countResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    // An immediate is over with this turn: it cannot be left behind.
    if (kind !== 'Immediate') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Signals do not tell which events they have listeners for, but only know one. */
function countListeners(target: AbortSignal | EventEmitter): ReadonlyMap<string | symbol, number> {
  const names = target instanceof EventEmitter ? target.eventNames() : ['abort'];
  return new Map(
    names.map((name) => [
      name,
      target instanceof EventEmitter ? target.listenerCount(name) : getEventListeners(target, 'abort').length,
    ]),
  );
}

function findListeners(
  target: AbortSignal | EventEmitter,
  before: ReadonlyMap<string | symbol, number>,
): readonly string[] {
  return [...countListeners(target)].flatMap(([name, count]) => {
    const surplus = count - (before.get(name) ?? 0);
    const kind = target.constructor.name;
    return surplus > 0 ? [`listeners for "${String(name)}" on ${kind}, ${surplus} more than before`] : [];
  });
}
