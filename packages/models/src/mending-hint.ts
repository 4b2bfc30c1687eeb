import type { CatalogueEntry } from './catalogue/catalogue-entry.js';

/** The command that mends a missing or damaged model. */
export function mendingHint(entry: CatalogueEntry): string {
  if (entry.files.every((file) => file.url !== undefined)) return `Run "tiercel models pull ${entry.name}".`;
  if (entry.origin === 'starter-models') {
    return `Install the package @tiercel/starter-models again, then run "tiercel models verify ${entry.name}".`;
  }
  return `Copy the files there, or add "url" to each in the catalogue and run "tiercel models pull ${entry.name}".`;
}
