import { type Context, createContext, Script } from 'node:vm';

interface Box {
  run?: (() => void) | undefined;
}

const script = new Script('run()');
let shared: { readonly box: Box; readonly context: Context } | undefined;

/**
 * Runs `work`, which does not wait, and throws when it takes longer than `timeoutMs`: V8 then stops it wherever it is, also in
 * a regular expression. Costs about a tenth of a millisecond.
 */
export function withinTime<T>(timeoutMs: number, work: () => T): T {
  shared ??= openContext();
  const { box, context } = shared;
  const outcome: { value?: T } = {};
  box.run = () => {
    outcome.value = work();
  };
  try {
    script.runInContext(context, { timeout: timeoutMs });
  } finally {
    box.run = undefined;
  }
  // It ran to its end, so it has set the value.
  return outcome.value as T;
}

function openContext(): { readonly box: Box; readonly context: Context } {
  const box: Box = Object.create(null);
  return { box, context: createContext(box) };
}
