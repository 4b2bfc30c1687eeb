import { readFile } from 'node:fs/promises';
import { CliError } from '../errors.js';
import type { Terminal } from '../terminal.js';

/** The key to send: the first that `WORLD_MODEL_API_KEY` names, or the file in `WORLD_MODEL_API_KEY_FILE`. */
export async function readWorldKey(
  environment: Terminal['environment'],
  signal: AbortSignal,
): Promise<string | undefined> {
  const { WORLD_MODEL_API_KEY: keys = '', WORLD_MODEL_API_KEY_FILE: file = '' } = environment;
  const [key = ''] = (keys || (await readKeyFile(file, signal))).split(',').map((part) => part.trim());
  return key || undefined;
}

async function readKeyFile(file: string, signal: AbortSignal): Promise<string> {
  if (file === '') return '';
  try {
    return await readFile(file, { encoding: 'utf8', signal });
  } catch (cause) {
    signal.throwIfAborted();
    const expected = 'the path of a file with the key in it';
    throw new CliError(
      'CLI_VARIABLE_WRONG',
      { variable: 'WORLD_MODEL_API_KEY_FILE', value: file, expected },
      { cause },
    );
  }
}
