import { Worker } from 'node:worker_threads';

/**
 * Ends this process when its parent is gone, however busy the main thread is. Costs a thread of some 8 MiB; Node has no
 * cheaper way to hear of it without the main thread.
 */
export function watchParent(): void {
  const thread = new Worker(new URL('./parent-watch-thread.js', import.meta.url), {
    name: 'parent watch',
    // Read here: by the time that the thread runs, the parent may be gone.
    workerData: process.ppid,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  thread.unref();
  // Without its watch a process still ends by itself whenever its main thread comes round.
  thread.on('error', () => undefined);
}
