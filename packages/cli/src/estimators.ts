import type { Estimator } from '@tiercel/kernel';
import { openStore } from './open-store.js';
import type { Terminal } from './terminal.js';

/** Those who can tell what a plugin needs with its configuration, by the names under which plugins ask for them. */
export function estimatorsFor(terminal: Pick<Terminal, 'environment'>): Readonly<Record<string, Estimator>> {
  return { gguf: (values) => ggufNeeds(values, terminal) };
}

/** Resident memory of a GGUF model, read out of its header. `undefined` where the file is not here. */
async function ggufNeeds(
  { model, contextTokens, slots }: Readonly<Record<string, unknown>>,
  terminal: Pick<Terminal, 'environment'>,
): ReturnType<Estimator> {
  if (typeof model !== 'string' || typeof contextTokens !== 'number' || typeof slots !== 'number')
    return undefined;
  const { estimateMemoryMiB, isGgufPath, modelMemory, readGguf } = await import('@tiercel/gguf');
  const file = isGgufPath(model) ? model : (await (await openStore(terminal)).find(model))?.['model'];
  if (file === undefined) return undefined;
  return { memoryMiB: estimateMemoryMiB(modelMemory(await readGguf(file)), { contextTokens, slots }) };
}
