import { readWav } from '@tiercel/audio';

/** Reads each file once, so that a bad one stops the start of the node and not the conversation. */
export async function checkRecordings(
  files: readonly string[],
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  for (const file of files) await readWav(file, { signal });
}
