import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

/** Nothing of the npm that runs these tests, nor of their runner, reaches the commands of a person who knows neither. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|node_options$|node_env$|jest_)/i.test(name)),
);

const maxBuffer = 64 * 1_048_576;

/** Runs a command to its end; both outputs are in `output`. */
export async function tryRun(directory: string, command: string, ...args: readonly string[]): Promise<Ended> {
  const options = { cwd: directory, env: { ...environment, NO_COLOR: '1' }, maxBuffer };
  try {
    const { stdout, stderr } = await execute(command, args, options);
    return { exitCode: 0, output: `${stdout}${stderr}` };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { exitCode: typeof code === 'number' ? code : 1, output: `${stdout}${stderr}` || String(error) };
  }
}

/** Runs a command that must succeed, and gives what it printed. */
export async function run(directory: string, command: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, output } = await tryRun(directory, command, ...args);
  if (exitCode === 0) return output;
  throw new Error(`${[command, ...args].join(' ')} ended with ${exitCode}:\n${output.slice(-4000)}`);
}
