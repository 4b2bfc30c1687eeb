import { access } from 'node:fs/promises';
import path from 'node:path';
import { Catalogue } from './catalogue/catalogue.js';
import type { CatalogueEntry } from './catalogue/catalogue-entry.js';
import { readCatalogue } from './catalogue/read-catalogue.js';
import { STARTER_ENTRIES } from './catalogue/starter-entries.js';
import { LocalModelStore } from './local-model-store.js';
import { defaultModelsDirectory, findStarterModels } from './models-directory.js';
import { DEFAULT_PULL_SETTINGS, type PullSettings } from './pull/pull-model.js';
import { VerifiedFiles } from './verify/verified-files.js';

export interface OpenModelStoreOptions {
  /** Folder of downloaded models. Default: `defaultModelsDirectory()`. */
  readonly directory?: string | undefined;
  /** Folder of the project's own models. Default: where `@tiercel/starter-models` is installed, if it is. */
  readonly starterDirectory?: string | undefined;
  /** A catalogue file of the user, YAML or JSON. A `catalogue.yaml` or `catalogue.json` in `directory` is read as well. */
  readonly catalogueFile?: string | undefined;
  /** Hosts that models may come from, beside the usual ones; `*.` stands for any sub-domain. */
  readonly hosts?: readonly string[] | undefined;
  readonly isOffline?: boolean | undefined;
  /** For tests and mirrors on this machine. */
  readonly pull?: Partial<PullSettings> | undefined;
}

/** Reads the catalogues; no model file is touched and no connection made. Throws `MODEL_CATALOGUE_INVALID`. */
export async function openModelStore(options: OpenModelStoreOptions = {}): Promise<LocalModelStore> {
  const directory = path.resolve(options.directory || defaultModelsDirectory());
  const pull: PullSettings = {
    ...DEFAULT_PULL_SETTINGS,
    ...options.pull,
    hosts: [...(options.pull?.hosts ?? DEFAULT_PULL_SETTINGS.hosts), ...(options.hosts ?? [])],
    isOffline: options.isOffline ?? options.pull?.isOffline ?? false,
  };
  const entries: CatalogueEntry[] = [...STARTER_ENTRIES];
  for (const file of await catalogueFiles(directory, options.catalogueFile)) {
    entries.push(
      ...(await readCatalogue(file, { ...pull, taken: new Set(entries.map(({ name }) => name)) })),
    );
  }
  return new LocalModelStore({
    catalogue: new Catalogue(entries),
    directory,
    starterDirectory: options.starterDirectory ?? findStarterModels(),
    verified: new VerifiedFiles(directory),
    pull,
  });
}

async function catalogueFiles(directory: string, named: string | undefined): Promise<string[]> {
  const usual = ['catalogue.yaml', 'catalogue.yml', 'catalogue.json'].map((name) =>
    path.join(directory, name),
  );
  const present: string[] = [];
  for (const file of usual) {
    if (await exists(file)) present.push(file);
  }
  const explicit = named ? [path.resolve(named)] : [];
  return [...explicit, ...present.filter((file) => !explicit.includes(file))];
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
