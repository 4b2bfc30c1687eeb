import { type Recording, readRecording } from '@tiercel/conversation';
import { checkRecordings } from './check-recordings.js';
import type { Context } from './context.js';
import { CliError } from './errors.js';

/** Reads all recordings, or throws one error that tells about every file that cannot be used. */
export async function readRecordings(
  files: readonly string[],
  { signal }: Pick<Context, 'signal'>,
): Promise<readonly Recording[]> {
  const { bad } = await checkRecordings(files, { signal });
  const [first] = bad;
  if (first && bad.length === 1) throw first.error;
  if (first) throw new CliError('CLI_FILES_UNUSABLE', { findings: bad.map(({ message }) => message) });
  return Promise.all(files.map((file) => readRecording(file, { signal })));
}
