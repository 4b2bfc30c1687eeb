import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Log } from '@tiercel/capabilities/log';
import { describeLogContract } from '@tiercel/capabilities/log/testing';
import { bootTest } from '@tiercel/testkit';
import plugin from './index.js';

async function open(level: string) {
  const directory = await mkdtemp(path.join(tmpdir(), 'plugin-name-'));
  const file = path.join(directory, 'lines.json');
  const test = await bootTest({ plugins: [plugin], config: { 'plugin-name': { file, level } } });
  return {
    provider: test.node.get(Log),
    lines: async () => {
      const text = await readFile(file, 'utf8');
      return text.split('\n').flatMap((line) => (line === '' ? [] : JSON.parse(line)));
    },
    close: async () => {
      await test[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

// Nobody waits for a line, so only in one process can a test know that it was written.
describeLogContract('plugin-name', () => open('debug'));

describe('plugin-name', () => {
  it('writes what is at least as important as its level', async () => {
    const { provider, lines, close } = await open('warn');

    provider.info('ready');
    provider.warn('disk is filling');
    const written = await lines();
    await close();

    expect(written).toMatchObject([{ level: 'warn', message: 'disk is filling' }]);
  });
});
