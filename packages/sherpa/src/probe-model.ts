import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model } from '@tiercel/capabilities/model-store';
import { SherpaError } from './errors.js';
import type { OfflineRecognizerConfig, OfflineTtsConfig, VadConfig } from './sherpa-onnx.js';

export type ProbeTarget =
  | { readonly engine: 'vad'; readonly config: VadConfig }
  | { readonly engine: 'recognizer'; readonly config: OfflineRecognizerConfig }
  | { readonly engine: 'tts'; readonly config: OfflineTtsConfig };

export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** A wrong file may keep the engine busy for ever. */
  readonly timeoutMs?: number;
}

const probePath = fileURLToPath(new URL('../worker/probe.js', import.meta.url));

/**
 * Loads a model outside the catalogue in a throw-away process first, because nobody vouches for its content and native code
 * ends the process on what it cannot read. For a model of the catalogue, whose checksum is known, it does nothing.
 * Throws SPEECH_ENGINE_LOAD_FAILED, or the signal's reason.
 */
export async function probeModel(
  { name }: Pick<Model, 'name'>,
  target: ProbeTarget,
  { signal, timeoutMs = 30_000 }: ProbeOptions = {},
): Promise<void> {
  if (!isPath(name)) return;
  signal?.throwIfAborted();
  const finding = await runProbe(JSON.stringify(target), signal, timeoutMs);
  signal?.throwIfAborted();
  if (finding !== undefined) throw new SherpaError('SPEECH_ENGINE_LOAD_FAILED', { model: name, finding });
}

function isPath(name: string): boolean {
  return path.isAbsolute(name) || /^\.\.?[\\/]/.test(name);
}

/** What went wrong, or `undefined`. */
function runProbe(
  job: string,
  signal: AbortSignal | undefined,
  timeoutMs: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = {
      env: libraryPaths(),
      timeout: timeoutMs,
      killSignal: 'SIGKILL' as const,
      ...(signal && { signal }),
    };
    execFile(process.execPath, [probePath, job], options, (error, _stdout, stderr) => {
      if (!error) return resolve(undefined);
      const end = error.killed
        ? `no answer within ${timeoutMs} ms`
        : `exit by ${error.signal ?? `code ${error.code}`}`;
      resolve(`${end} (${lastLine(stderr)})`);
    });
  });
}

/** All that the native library needs from the environment; credentials stay here. */
function libraryPaths(): NodeJS.ProcessEnv {
  const { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, SystemRoot } = process.env;
  return { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, SystemRoot };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim().slice(0, 300) || 'it said nothing';
}
