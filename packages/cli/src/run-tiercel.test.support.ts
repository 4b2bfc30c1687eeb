import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const bin = path.resolve('packages/cli/bin/tiercel.js');

export interface Run {
  /** 128 and more where a signal ended the process, as a shell reports it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Laid over the environment of the test; `undefined` removes a variable. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly directory?: string;
  /** Written to standard input, which is closed afterwards. */
  readonly input?: string;
  /** Sent once, as soon as what was printed so far satisfies `when`. */
  readonly interrupt?: {
    readonly signal: NodeJS.Signals;
    readonly when: (run: Omit<Run, 'exitCode'>) => boolean;
  };
}

const signalNumbers: Readonly<Record<string, number>> = { SIGABRT: 6, SIGSEGV: 11, SIGKILL: 9, SIGBUS: 7 };

/** Starts the built command as a person would. */
export function runTiercel(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { environment, directory, input, interrupt } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: directory,
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [stdout, stderr, isInterrupted] = ['', '', false];
    const look = () => {
      if (isInterrupted || !interrupt?.when({ stdout, stderr })) return;
      isInterrupted = true;
      child.kill(interrupt.signal);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      look();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      look();
    });
    // A command that takes no input may have ended before it was written.
    child.stdin.on('error', () => undefined).end(input ?? '');
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const exitCode = signal === null ? code : 128 + (signalNumbers[signal] ?? 0);
      resolve({ exitCode, stdout, stderr });
    });
  });
}

/** A folder of its own for a test. */
export class Workspace implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(): Promise<Workspace> {
    return new Workspace(await mkdtemp(path.join(tmpdir(), 'tiercel-cli-')));
  }

  path(name: string): string {
    return path.join(this.directory, name);
  }

  /** Puts a file there and gives its path. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    const file = this.path(name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    return file;
  }

  /** A manifest that extends the shipped mid tier. */
  writeManifest(name: string, rest: string): Promise<string> {
    const base = JSON.stringify(path.resolve('packages/tiers/mid.yaml'));
    return this.write(name, `extends: ${base}\ntier: ${path.parse(name).name}\n${rest}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

export function recordings(folder: 'human' | 'synthetic', ...names: readonly string[]): string[] {
  return names.map((name) => path.resolve('packages/audio/recordings', folder, `${name}.wav`));
}

/** What was said, without what differs from run to run. */
export function words(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Words that the command writes down for each file. */
export async function transcribe(...files: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await runTiercel(['transcribe', ...files, '--json']);
  return JSON.parse(stdout).transcripts.map(({ text }: { readonly text: string }) => words(text));
}
