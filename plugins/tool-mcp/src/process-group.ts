import { type ChildProcess, spawn } from 'node:child_process';

/** Sends a signal to a child that leads a group of its own, and to everything it has started. Nobody there is fine too. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}

/**
 * Waits for a line or the end of its input. The end means that this node has died without stopping the group, so the guard
 * does it.
 */
const guardScript =
  'if read -r _; then exit 0; fi; kill -TERM "-$1" 2>/dev/null; sleep 2; kill -KILL "-$1" 2>/dev/null; exit 0';

/**
 * Has the group of `child` stopped if this process is killed. A shell of under a megabyte does it, out of reach of the
 * signals that end this one. Dispose it once the group is gone. On Windows, and where there is no `sh`, nobody guards: a server
 * then ends when it notices the end of its input.
 */
export function guardGroup(child: ChildProcess): Disposable {
  const { pid } = child;
  if (pid === undefined || process.platform === 'win32') return { [Symbol.dispose]: () => undefined };
  const guard = spawn('/bin/sh', ['-c', guardScript, 'guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  // Neither the guard nor its pipe keeps this process up.
  guard.unref();
  return {
    [Symbol.dispose]: () => {
      guard.stdin.end('done\n');
    },
  };
}
