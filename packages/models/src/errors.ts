import { defineErrors } from '@tiercel/kernel';

/** Faults of catalogues and downloads. What `locate` finds wrong with a model is a `ModelStoreError`. */
export const ModelError = defineErrors(
  'ModelError',
  {
    MODEL_CATALOGUE_INVALID: (d: { file: string; problems: readonly string[] }) =>
      `Model catalogue ${d.file} is not valid: ${d.problems.join('; ')}. Correct it and try again.`,
    MODEL_NOT_DOWNLOADABLE: (d: { model: string; files: readonly string[]; fix: string }) =>
      `Model ${d.model} cannot be downloaded, because the catalogue has no URL for ${d.files.join(', ')}. ${d.fix}`,
    MODEL_OFFLINE: (d: { model: string }) =>
      `Model ${d.model} was not downloaded, because this node is offline by MODELS_OFFLINE. Unset it, or copy the files into the models folder ("tiercel models list" shows it).`,
    MODEL_URL_REFUSED: (d: { url: string; reason: string; hosts: readonly string[] }) =>
      `Nothing was downloaded from ${d.url}: ${d.reason}. Allowed are https addresses on ${d.hosts.join(', ') || 'no host'}; add the host to "hosts" of the model store if you trust it.`,
    MODEL_DISK_FULL: (d: { model: string; directory: string; neededBytes: number; freeBytes: number }) =>
      `Model ${d.model} needs ${mebibytes(d.neededBytes)} in ${d.directory}, where ${mebibytes(d.freeBytes)} are free. Free some space, or set MODELS_DIR to a folder on a larger disk.`,
    MODEL_FOLDER_UNUSABLE: (d: { directory: string; finding: string }) =>
      `The models folder ${d.directory} cannot be used: ${d.finding}. Correct its permissions, or set MODELS_DIR to a folder that this user may write.`,
    MODEL_DOWNLOAD_FAILED: (d: { model: string; file: string; host: string; finding: string }) =>
      `Downloading ${d.file} of model ${d.model} from ${d.host} failed: ${d.finding}. Run "tiercel models pull ${d.model}" again; it goes on where it stopped.`,
    MODEL_DOWNLOAD_REFUSED: (d: { model: string; file: string; host: string; status: number }) =>
      `${d.host} answered ${d.status} when asked for ${d.file} of model ${d.model}. Check the URL in the catalogue, and that it can be read without a login.`,
    MODEL_DOWNLOAD_SILENT: (d: { model: string; file: string; host: string; waitedMs: number }) =>
      `${d.host} sent too little of ${d.file} of model ${d.model} within ${d.waitedMs} ms. Check the network and run "tiercel models pull ${d.model}" again; it goes on where it stopped.`,
    MODEL_DOWNLOAD_CHANGED: (d: { model: string; file: string; host: string; finding: string }) =>
      `${d.host} does not have ${d.file} of model ${d.model} as the catalogue describes it: ${d.finding}. Nothing was kept. Correct size, sha256 or URL in the catalogue.`,
    MODEL_PULL_BUSY: (d: { model: string; directory: string }) =>
      `Model ${d.model} is being downloaded to ${d.directory} by another command. Wait for it to end and try again.`,
  },
  { retryable: ['MODEL_DOWNLOAD_FAILED', 'MODEL_DOWNLOAD_SILENT', 'MODEL_PULL_BUSY'] },
);
export type ModelError = InstanceType<typeof ModelError>;

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_048_576)} MiB`;
}
