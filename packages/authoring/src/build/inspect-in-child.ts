// Runs in a process of its own: imports the module that it is given and tells its parent what that did.
import { AuthoringError } from '../errors.js';
import type { Inspection } from './inspection.js';
import { type Judgement, judgePlugin } from './judge-plugin.js';

/** What Node itself keeps: the channels to the parent, and the import that is under way. */
const ordinary = new Set(['PipeWrap', 'TTYWrap', 'FSReqPromise', 'CloseReq']);

const nativeFiles: string[] = [];
process.dlopen = (_module: object, file: string) => {
  nativeFiles.push(file);
  throw new AuthoringError('AUTHORING_NATIVE_REFUSED', { file });
};

const globalNames = () => Object.getOwnPropertyNames(globalThis);
const listenerCounts = () => new Map(process.eventNames().map((name) => [name, process.listenerCount(name)]));

async function inspect(url: string): Promise<Inspection> {
  const [globals, listeners] = [new Set(globalNames()), listenerCounts()];
  let judgement: Judgement = { problems: [] };
  let failure: string | undefined;
  let running: readonly string[] = [];
  try {
    const module = (await import(url)) as Readonly<Record<string, unknown>>;
    // What a module puts off to the next round is its doing, too.
    await new Promise((resolve) => setImmediate(resolve));
    running = process.getActiveResourcesInfo().filter((name) => !ordinary.has(name));
    judgement = await judgePlugin(module);
  } catch (error) {
    failure = firstLine(error);
  }
  return {
    ...judgement,
    nativeFiles,
    running: [...new Set(running)],
    globals: globalNames().filter((name) => !globals.has(name)),
    listeners: [...listenerCounts()]
      .filter(([name, count]) => count > (listeners.get(name) ?? 0))
      .map(([name]) => String(name)),
    ...(failure !== undefined && { failure }),
  };
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return (text.split('\n')[0] ?? text).replace(/\.$/, '');
}

const inspection = await inspect(process.argv[2] ?? '');
process.send?.(inspection, () => process.exit());
