export { Catalogue } from './catalogue/catalogue.js';
export { type CatalogueEntry, type CatalogueFile, totalBytes } from './catalogue/catalogue-entry.js';
export { type ParseCatalogueOptions, parseCatalogue } from './catalogue/parse-catalogue.js';
export { readCatalogue } from './catalogue/read-catalogue.js';
export { STARTER_ENTRIES } from './catalogue/starter-entries.js';
export { WHISPER_LANGUAGES } from './catalogue/whisper-languages.js';
export { ModelError } from './errors.js';
export type { OnnxHeader } from './formats/read-onnx-header.js';
export {
  formatName,
  inspectModelFile,
  type ModelFileFormat,
  type SniffedModelFile,
  sniffModelFile,
} from './formats/sniff-model-file.js';
export {
  LocalModelStore,
  type LocalModelStoreOptions,
  type ModelListing,
  type VerifyReport,
} from './local-model-store.js';
export { isModelPath, locateByPath } from './locate-by-path.js';
export { makeFolder } from './make-folder.js';
export { defaultModelsDirectory, findStarterModels } from './models-directory.js';
export { type OpenModelStoreOptions, openModelStore } from './open-model-store.js';
export { DEFAULT_HOSTS } from './pull/allowed-url.js';
export type { DownloadDeadlines } from './pull/open-download.js';
export {
  DEFAULT_PULL_SETTINGS,
  type PullOptions,
  type PullProgress,
  type PullSettings,
} from './pull/pull-model.js';
export type { FileFinding, VerifyProgress } from './verify/check-files.js';
export { VerifiedFiles } from './verify/verified-files.js';
