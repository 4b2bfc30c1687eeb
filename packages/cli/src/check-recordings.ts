import { readRecording } from '@tiercel/conversation';
import { describeError } from './report-error.js';

/** A file that cannot be used, and why. */
export interface BadFile {
  readonly file: string;
  readonly error: unknown;
  readonly code: string;
  readonly message: string;
}

/** Reads every file once, so that all that is wrong is known before anything is started. */
export async function checkRecordings(
  files: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<{ readonly good: readonly string[]; readonly bad: readonly BadFile[] }> {
  const good: string[] = [];
  const bad: BadFile[] = [];
  for (const file of files) {
    try {
      await readRecording(file, { signal });
      good.push(file);
    } catch (error) {
      signal.throwIfAborted();
      bad.push({ file, error, ...describeError(error) });
    }
  }
  return { good, bad };
}
