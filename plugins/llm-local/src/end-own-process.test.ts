import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const built = fileURLToPath(new URL('../dist/end-own-process.js', import.meta.url));

describe('endOwnProcess', () => {
  it('leaves its last words and ends the process at once, whatever it still has to do', async () => {
    const code = `const { endOwnProcess } = await import(process.argv[1]);
      process.on('exit', () => process.stderr.write('an orderly exit'));
      setInterval(() => undefined, 1000);
      endOwnProcess('1 of 2 slots make no progress');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code, built]);
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });

    const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null];

    expect([exitCode, signal]).toEqual([null, 'SIGKILL']);
    expect(output).toBe('llm-local ends its process: 1 of 2 slots make no progress\n');
  });
});
