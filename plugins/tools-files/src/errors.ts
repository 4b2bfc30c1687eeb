import { defineErrors } from '@tiercel/kernel';

/** No text holds a path that a caller gave: it is an argument of a tool, and those are private. */
export const FilesError = defineErrors('FilesError', {
  FILES_CONFIG_INVALID: (d: { findings: readonly string[] }) =>
    `The folders of tools-files cannot be used: ${d.findings.join('; ')}. Correct them in the manifest.`,
  FILES_PATH_REFUSED: (d: { finding: string }) =>
    `The path is refused: ${d.finding}. Give a path relative to the folder, as list_files and find_files show it.`,
});
