import { execFileSync, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { expectNoLeaks, openLeakCheck } from './leak-check.js';

const findings = (...expected: RegExp[]) => ({
  code: 'TESTKIT_LEAK_FOUND',
  details: { findings: expected.map((finding) => expect.stringMatching(finding)) },
});

describe('leak check', () => {
  it('finds nothing where everything was given back, and returns what the work returned', async () => {
    const result = await expectNoLeaks(async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      server.close();
      return 'done';
    });

    expect(result).toBe('done');
  });

  it('finds a timer', async () => {
    let timer: NodeJS.Timeout | undefined;
    const plant = () => {
      timer = setInterval(() => undefined, 1_000);
    };
    const work = expectNoLeaks(plant, { settleMs: 20 });

    await expect(work).rejects.toMatchObject(findings(/^active resource Timeout, 1 more than before$/));
    clearInterval(timer);
  });

  it('finds an open socket', async () => {
    const check = openLeakCheck({ settleMs: 20 });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');

    await expect(check.expectNone()).rejects.toMatchObject(findings(/TCPServerWrap/i));
    server.close();
  });

  it('finds a child process that does not keep this one alive, and names its command', async () => {
    const check = openLeakCheck({ settleMs: 20 });
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    child.unref();

    await expect(check.expectNone()).rejects.toMatchObject(
      findings(new RegExp(`^process ${child.pid}: .*setInterval`)),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    await check.expectNone();
  });

  it('finds listeners on signals and emitters, by their event', async () => {
    const { signal } = new AbortController();
    const emitter = new EventEmitter();
    const ignore = () => undefined;
    emitter.on('known', ignore);
    const check = openLeakCheck({ watch: [signal, emitter], settleMs: 20 });

    signal.addEventListener('abort', ignore);
    emitter.on('data', ignore);

    await expect(check.expectNone()).rejects.toMatchObject(
      findings(/"abort" on AbortSignal, 1 more/, /"data" on EventEmitter, 1 more/),
    );
    signal.removeEventListener('abort', ignore);
    emitter.off('data', ignore);
    await check.expectNone();
  });

  it('waits for what is still closing', async () => {
    const check = openLeakCheck();
    setTimeout(() => undefined, 30);

    await expect(check.expectNone()).resolves.toBeUndefined();
  });
});

it('does not take standard streams, which appear when they are first named, for something left behind', async () => {
  // A process of its own: in this one they have long been named.
  const module = pathToFileURL(path.resolve('packages/testkit/dist/leak-check.js')).href;
  const source = `
    const { openLeakCheck } = await import(process.argv[1]);
    const check = openLeakCheck({ settleMs: 0 });
    void [process.stdin, process.stdout, process.stderr];
    await check.expectNone();
    process.exit(0);`;

  const child = execFileSync(process.execPath, ['--input-type=module', '--eval', source, module], {
    stdio: 'pipe',
  });

  expect(child.toString()).toBe('');
});
