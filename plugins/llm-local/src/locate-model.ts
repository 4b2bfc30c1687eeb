import path from 'node:path';
import type { ModelStore } from '@tiercel/capabilities/model-store';
import { isGgufPath } from '@tiercel/gguf';

export interface LocatedModel {
  readonly name: string;
  /** Absolute path of the GGUF file. */
  readonly file: string;
  /** What the catalogue knows about it. */
  readonly tools: 'native' | 'none' | undefined;
}

/** A GGUF file by its path, or a model by its name in the catalogue. */
export async function locateModel(
  model: string,
  store: ModelStore,
  { signal }: { readonly signal: AbortSignal },
): Promise<LocatedModel> {
  if (isGgufPath(model)) {
    return { name: path.basename(model, '.gguf'), file: path.resolve(model), tools: undefined };
  }
  const { name, files, facts } = await store.locate(model, { kind: 'language-model', signal });
  const tools = facts['tools'];
  return {
    name,
    file: files['model'] ?? '',
    tools: tools === 'native' || tools === 'none' ? tools : undefined,
  };
}
