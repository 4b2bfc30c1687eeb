// The least that a thread can do: answer each message with its payload.
import { parentPort } from 'node:worker_threads';

parentPort.on('message', ({ id, bytes }) => parentPort.postMessage({ id, bytes }));
