// Runs beside the main thread, which may be busy for ever when its parent dies.
import { workerData } from 'node:worker_threads';

const everyMs = 500;

setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, everyMs);
