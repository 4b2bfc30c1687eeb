import { ModelStoreError } from '@tiercel/capabilities/model-store';
import type { CatalogueEntry } from './catalogue-entry.js';

/** All models that a store knows by name. */
export class Catalogue {
  readonly #entries = new Map<string, CatalogueEntry>();

  /** Names must differ; `parseCatalogue` sees to that. */
  constructor(entries: readonly CatalogueEntry[]) {
    for (const entry of entries) this.#entries.set(entry.name, entry);
  }

  get entries(): readonly CatalogueEntry[] {
    return [...this.#entries.values()];
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The entry called `name`. Throws `MODEL_UNKNOWN`, which lists the names there are. */
  entry(name: string): CatalogueEntry {
    const entry = this.#entries.get(name);
    if (!entry) throw new ModelStoreError('MODEL_UNKNOWN', { model: name, known: this.names });
    return entry;
  }
}
