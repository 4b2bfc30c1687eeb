import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { AudioCommandError } from './errors.js';
import type { SoundProgram } from './programs.js';

/** A program that is on this machine. */
export interface FoundProgram {
  readonly program: SoundProgram;
  readonly file: string;
}

/** The first of `programs` that can be run, looked up in the folders of `searchPath`. */
export async function findProgram(
  programs: readonly SoundProgram[],
  { searchPath, purpose }: { readonly searchPath: string; readonly purpose: 'record' | 'play' },
): Promise<FoundProgram> {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  const folders = searchPath.split(path.delimiter).filter((folder) => folder !== '');
  for (const program of programs) {
    for (const folder of folders) {
      for (const ending of endings) {
        const file = path.resolve(folder, program.name + ending);
        if (await isRunnable(file)) return { program, file };
      }
    }
  }
  throw new AudioCommandError('AUDIO_COMMAND_MISSING', { purpose, looked: programs.map(({ name }) => name) });
}

async function isRunnable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
