import type { ModelKind } from '@tiercel/capabilities/model-store';

/** One file of a model, with everything needed to fetch and to check it. */
export interface CatalogueFile {
  /** Below the model's folder, with `/` between the parts. */
  readonly path: string;
  readonly sizeBytes: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** Where to download it: https, at a pinned revision. Absent where the file comes with a package. */
  readonly url?: string;
}

/** One model that a store can find by name. */
export interface CatalogueEntry {
  readonly name: string;
  /** For people: what it is, in a few words. */
  readonly title: string;
  readonly kind: ModelKind;
  /** SPDX expression. */
  readonly licence: string;
  /** What the engine must know and cannot guess. Goes to the engine as `Model.facts`. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Role → path of a file, or of a folder that holds files. */
  readonly roles: Readonly<Record<string, string>>;
  readonly files: readonly CatalogueFile[];
  /** Where the files come from when they have no URL. */
  readonly origin: 'starter-models' | 'catalogue';
}

/** Size of all files of a model together. */
export function totalBytes(entry: Pick<CatalogueEntry, 'files'>): number {
  return entry.files.reduce((sum, file) => sum + file.sizeBytes, 0);
}
