import path from 'node:path';
import {
  type Model,
  type ModelKind,
  type ModelStore,
  ModelStoreError,
} from '@tiercel/capabilities/model-store';
import type { Catalogue } from './catalogue/catalogue.js';
import { type CatalogueEntry, totalBytes } from './catalogue/catalogue-entry.js';
import { isModelPath, locateByPath } from './locate-by-path.js';
import { mendingHint } from './mending-hint.js';
import { type PullOptions, type PullSettings, pullModel } from './pull/pull-model.js';
import {
  type CheckFilesOptions,
  checkFiles,
  type FileFinding,
  findSizeFaults,
} from './verify/check-files.js';
import type { VerifiedFiles } from './verify/verified-files.js';

export interface LocalModelStoreOptions {
  readonly catalogue: Catalogue;
  /** Where pulled models lie, each in a folder of its name. */
  readonly directory: string;
  /** Where the models of the project lie; `undefined` where they are not installed. */
  readonly starterDirectory: string | undefined;
  readonly verified: VerifiedFiles;
  readonly pull: PullSettings;
}

/** One line of `tiercel models list`. */
export interface ModelListing {
  readonly name: string;
  readonly title: string;
  readonly kind: ModelKind;
  readonly licence: string;
  readonly sizeBytes: number;
  /** `present`: all files are there in the right size; their content is checked by `verify`. */
  readonly state: 'present' | 'incomplete' | 'missing';
  readonly isDownloadable: boolean;
  /** Where it lies, or would lie. */
  readonly directory: string;
}

export interface VerifyReport {
  readonly model: string;
  readonly directory: string;
  readonly isIntact: boolean;
  readonly findings: readonly FileFinding[];
}

type VerifyOptions = Pick<CheckFilesOptions, 'signal' | 'onProgress'>;

/** Finds models among those of the project and in one folder; downloads into that folder when it is asked to. */
export class LocalModelStore implements ModelStore {
  readonly directory: string;
  readonly #options: LocalModelStoreOptions;

  constructor(options: LocalModelStoreOptions) {
    this.#options = options;
    this.directory = options.directory;
  }

  async locate(
    name: string,
    options: { readonly kind: ModelKind; readonly signal?: AbortSignal | undefined },
  ): Promise<Model> {
    options.signal?.throwIfAborted();
    if (isModelPath(name)) return locateByPath(name, options);
    const entry = this.#options.catalogue.entry(name);
    if (entry.kind !== options.kind) {
      const found = `a ${entry.kind} model`;
      throw new ModelStoreError('MODEL_KIND_WRONG', { model: name, expected: options.kind, found });
    }
    const reports: VerifyReport[] = [];
    for (const directory of this.#directories(entry)) {
      const report = await this.#check(entry, directory, { ...options, verified: this.#options.verified });
      if (report.isIntact) return modelOf(entry, directory);
      reports.push(report);
    }
    throw notUsable(entry, reports);
  }

  /** Reads and hashes every file, whatever is remembered. Throws only `MODEL_UNKNOWN` and the signal's reason. */
  async verify(name: string, options: VerifyOptions = {}): Promise<VerifyReport> {
    options.signal?.throwIfAborted();
    const entry = this.#options.catalogue.entry(name);
    let best: VerifyReport | undefined;
    for (const directory of this.#directories(entry)) {
      const report = await this.#check(entry, directory, options);
      if (report.isIntact) return report;
      if (!best || isNearer(report, best)) best = report;
    }
    return best ?? { model: name, directory: this.#pulledDirectory(entry), isIntact: false, findings: [] };
  }

  /**
   * Downloads what is missing or damaged, checks all, and gives the model. Goes on where an earlier pull stopped.
   * A model that is intact is left alone, also without a network. Throws `ModelError`s.
   */
  async pull(name: string, options: PullOptions = {}): Promise<Model> {
    const entry = this.#options.catalogue.entry(name);
    const report = await this.verify(name, { signal: options.signal });
    if (report.isIntact) return modelOf(entry, report.directory);
    const directory = this.#pulledDirectory(entry);
    await pullModel(entry, directory, this.#options.pull, options);
    return modelOf(entry, directory);
  }

  /** All models of the catalogue; looks at sizes only, so it is quick. */
  list(): Promise<ModelListing[]> {
    return Promise.all(this.#options.catalogue.entries.map((entry) => this.#listing(entry)));
  }

  /**
   * Where the files of a model of the catalogue lie, by role, if all are there in their full size. They are not hashed: good
   * to look at, not to load.
   */
  async find(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const entry = this.#options.catalogue.entries.find((candidate) => candidate.name === name);
    if (!entry) return undefined;
    for (const directory of this.#directories(entry)) {
      if ((await findSizeFaults(entry, directory)).length === 0) return modelOf(entry, directory).files;
    }
    return undefined;
  }

  /** File → sha256 of a model of the catalogue; `undefined` when it is not in there. */
  hashes(name: string): Readonly<Record<string, string>> | undefined {
    const entry = this.#options.catalogue.entries.find((candidate) => candidate.name === name);
    return entry && Object.fromEntries(entry.files.map(({ path: file, sha256 }) => [file, sha256]));
  }

  async #listing(entry: CatalogueEntry): Promise<ModelListing> {
    let state: ModelListing['state'] = 'missing';
    let found = this.#pulledDirectory(entry);
    for (const directory of this.#directories(entry)) {
      const faults = await findSizeFaults(entry, directory);
      if (faults.length === 0) {
        state = 'present';
        found = directory;
        break;
      }
      if (!isAbsent(entry, faults) && state === 'missing') {
        state = 'incomplete';
        found = directory;
      }
    }
    return {
      name: entry.name,
      title: entry.title,
      kind: entry.kind,
      licence: entry.licence,
      sizeBytes: totalBytes(entry),
      state,
      isDownloadable: entry.files.every((file) => file.url !== undefined),
      directory: found,
    };
  }

  async #check(entry: CatalogueEntry, directory: string, options: CheckFilesOptions): Promise<VerifyReport> {
    const findings = await checkFiles(entry, directory, options);
    // Also after a finding: the files that were fine need not be read again. Speed only, so nobody hears of a failure.
    await options.verified?.save();
    return { model: entry.name, directory, isIntact: findings.length === 0, findings };
  }

  #directories(entry: CatalogueEntry): string[] {
    const { starterDirectory } = this.#options;
    const isStarter = entry.origin === 'starter-models' && starterDirectory !== undefined;
    return [...(isStarter ? [path.join(starterDirectory, entry.name)] : []), this.#pulledDirectory(entry)];
  }

  #pulledDirectory(entry: CatalogueEntry): string {
    return path.join(this.#options.directory, entry.name);
  }
}

function modelOf(entry: CatalogueEntry, directory: string): Model {
  const files = Object.entries(entry.roles).map(
    ([role, file]) => [role, path.join(directory, file)] as const,
  );
  return {
    name: entry.name,
    kind: entry.kind,
    directory,
    files: Object.fromEntries(files),
    facts: { ...entry.facts },
    licence: entry.licence,
    sizeBytes: totalBytes(entry),
  };
}

/** The copy with fewer missing files tells more. */
function isNearer(report: VerifyReport, other: VerifyReport): boolean {
  const missing = (each: VerifyReport) =>
    each.findings.filter((finding) => finding.problem === 'missing').length;
  return missing(report) < missing(other);
}

function notUsable(entry: CatalogueEntry, reports: readonly VerifyReport[]): ModelStoreError {
  const best = reports.reduce(
    (nearest, report) => (isNearer(report, nearest) ? report : nearest),
    reports[0] ?? none,
  );
  const { findings, directory } = best;
  const isMissing = findings.every(({ problem }) => problem === 'missing' || problem === 'partial');
  const fix = mendingHint(entry);
  if (!isMissing) {
    const texts = findings.map((finding) => finding.text);
    return new ModelStoreError('MODEL_CORRUPT', { model: entry.name, findings: texts, fix });
  }
  const texts = findings.map((each) => each.text).join('; ');
  const finding = isAbsent(entry, findings) ? `${directory} does not hold it` : `${texts} in ${directory}`;
  return new ModelStoreError('MODEL_MISSING', { model: entry.name, finding, fix });
}

function isAbsent(entry: CatalogueEntry, findings: readonly FileFinding[]): boolean {
  return findings.length === entry.files.length && findings.every(({ problem }) => problem === 'missing');
}

const none: VerifyReport = { model: '', directory: '', isIntact: false, findings: [] };
