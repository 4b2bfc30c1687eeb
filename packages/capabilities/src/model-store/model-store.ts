import { defineCapability } from '@tiercel/kernel';

export type ModelKind = 'voice-activity-detector' | 'speech-to-text' | 'text-to-speech' | 'language-model';

/** A model whose files are on this machine and were checked: against the catalogue, or by their format when it was given by path. */
export interface Model {
  /** Catalogue name, such as `whisper-base`, or the path as it was asked for. */
  readonly name: string;
  readonly kind: ModelKind;
  /** Absolute path of the folder that holds the files. */
  readonly directory: string;
  /** Role → absolute path, for example `encoder`, `decoder`, `tokens`, `model`. A role may name a folder. */
  readonly files: Readonly<Record<string, string>>;
  /** Facts that the engine needs and must not guess: rates, languages, architecture. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly licence: string;
  readonly sizeBytes: number;
}

/** Finds model files. One store serves many plugins at once. */
export interface ModelStore {
  /**
   * The model `name`, found and verified: each file exists and has the catalogue's size and sha256.
   * A `name` that is absolute or starts with `./` or `../` is the path of a model file or folder outside the catalogue: its
   * format is checked and its facts are read from the files, as far as they tell.
   * Throws `MODEL_UNKNOWN`, `MODEL_KIND_WRONG`, `MODEL_MISSING`, `MODEL_CORRUPT` (class `ModelStoreError`); each names the
   * model, the finding and the command that mends it. Aborting `signal` rejects with its reason.
   */
  locate(
    name: string,
    options: { readonly kind: ModelKind; readonly signal?: AbortSignal | undefined },
  ): Promise<Model>;
}

export const ModelStore = defineCapability<ModelStore>()({
  id: 'model-store',
  version: '1.0.0',
  methods: { locate: 'unary' },
});
