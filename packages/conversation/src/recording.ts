import { readWav } from '@tiercel/audio';

/** Something said, ready to be said again. */
export interface Recording {
  /** For messages: the name of its file. */
  readonly name: string;
  readonly pcm: Int16Array;
  readonly sampleRateHz: number;
}

/** Reads a WAV file; throws `AudioError`, which names the file and the way out. */
export async function readRecording(
  file: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Recording> {
  const { pcm, sampleRateHz } = await readWav(file, { signal });
  return { name: file, pcm, sampleRateHz };
}
