import path from 'node:path';
import type { ModelStore } from '@tiercel/capabilities/model-store';

export interface LocatedModel {
  readonly name: string;
  /** Absolute path of the GGUF file. */
  readonly file: string;
  /** What the catalogue knows about it. */
  readonly tools: 'native' | 'none' | undefined;
}

/** A text with a separator, or that ends in `.gguf`, is a path; everything else is a name of the catalogue. */
export async function locateModel(
  model: string,
  store: ModelStore,
  { signal }: { readonly signal: AbortSignal },
): Promise<LocatedModel> {
  if (/[\\/]|\.gguf$/i.test(model)) {
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
