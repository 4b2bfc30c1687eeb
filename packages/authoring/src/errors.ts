import { defineErrors, formatProblems, type Problem } from '@tiercel/kernel';

/** Faults of a declaration are collected as `Problem`s; these are for the rest. */
export const AuthoringError = defineErrors('AuthoringError', {
  AUTHORING_NATIVE_REFUSED: (d: { file: string }) =>
    `Native code may not be loaded while a plugin is only imported: ${d.file}. Load it in setup().`,
  AUTHORING_CHILD_TIMEOUT: (d: { waitedMs: number }) =>
    `A child process took longer than ${d.waitedMs} ms to import a module. Wait for nothing at its top level.`,
  AUTHORING_DIRECTORY_UNUSABLE: (d: { directory: string; reason: string }) =>
    `Folder ${d.directory} cannot be made (${d.reason}). Name one in a place where you may write.`,
  AUTHORING_SCAFFOLD_REFUSED: (d: { name: string; problems: readonly Problem[] }) =>
    formatProblems(`The new package ${d.name}`, d.problems),
});
export type AuthoringError = InstanceType<typeof AuthoringError>;
