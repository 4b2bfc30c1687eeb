import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  describeWithSshd,
  fileThatAppears,
  itAsUser,
  makePipe,
  OpenSshServer,
  processEnd,
  processesNaming,
} from './open-ssh-server.test.support.js';
import { openTools, scriptTool, type TestTools, whileTimePasses } from './ssh-tools.test.support.js';

/** Words that have meant something to some shell, program or protocol. */
const hostileWords = [
  '; touch pwned',
  '&& touch pwned',
  '| touch pwned',
  '`touch pwned`',
  '$(touch pwned)',
  '$' + '{IFS}touch',
  '$HOME',
  '~',
  '*',
  '{a,b}',
  '> pwned',
  '< /etc/passwd',
  '# comment',
  '!!',
  '!$',
  "'",
  "''",
  "'; touch pwned; '",
  '"; touch pwned; "',
  '\\',
  "\\'; touch pwned; \\'",
  '\\"$(touch pwned)\\"',
  '-o ProxyCommand=touch pwned',
  '--',
  '-rf',
  '../../etc/passwd',
  '%0a touch pwned',
  'a%sb',
  'é \u202e ключ 鍵',
  ' leading and trailing ',
  '\ttab',
  '=ls',
  '{{x}}',
  '(touch pwned)',
  '^touch^pwned',
  '[a-z]',
  '?',
];

describeWithSshd('commands on a host', () => {
  let server: OpenSshServer;
  beforeAll(async () => {
    server = await OpenSshServer.start();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  it('returns exit code, output and errors', async () => {
    await using opened = await openTools(server, {
      speak: scriptTool('echo "$1"; echo oops >&2; exit 3'),
    });

    const result = await opened.tools.call('speak', { argument: 'hello there' });

    expect(result.content).toEqual({
      host: 'box',
      exitCode: 3,
      signal: null,
      stdout: 'hello there\n',
      stderr: 'oops\n',
      truncated: false,
    });
  });

  it('takes what is written to stderr for no failure', async () => {
    await using opened = await openTools(server, { warn: scriptTool('echo careful >&2') });

    const { content } = await opened.tools.call('warn', {});

    expect(content).toMatchObject({ exitCode: 0, stdout: '', stderr: 'careful\n' });
  });

  it('tells which signal ended a command', async () => {
    await using opened = await openTools(server, { die: scriptTool('kill -SEGV $$') });

    const { content } = await opened.tools.call('die', {});

    expect(content).toMatchObject({ exitCode: null, signal: 'SIGSEGV' });
  });

  it('gives a command that reads its input nothing to read', async () => {
    await using opened = await openTools(server, { read: scriptTool('cat; echo done') });

    const { content } = await opened.tools.call('read', {});

    expect(content).toMatchObject({ exitCode: 0, stdout: 'done\n' });
  });

  it('says what is missing when there is no such program', async () => {
    await using opened = await openTools(server, {
      absent: { description: 'Runs nothing.', hosts: ['box'], command: ['/nonexistent/program'] },
    });

    const { content } = await opened.tools.call('absent', {});

    expect(content).toMatchObject({ exitCode: 127, stderr: expect.stringContaining('No such file') });
  });

  describe('with hostile words', () => {
    let opened: TestTools;
    beforeAll(async () => {
      opened = await openTools(server, {
        echo: {
          description: 'Prints its argument.',
          hosts: ['box'],
          command: ['printf', '%s', '{argument}'],
          parameters: { argument: { allowLeadingDash: true } },
        },
      });
    });
    afterAll(async () => await opened[Symbol.asyncDispose]());

    it.each(hostileWords)('passes %j on as it is', async (argument) => {
      const { content } = await opened.tools.call('echo', { argument });

      expect(content).toMatchObject({ exitCode: 0, stdout: argument, stderr: '' });
    });
  });

  it.each([
    ['NUL', 'a\0b'],
    ['CR', 'a\rtouch pwned'],
    ['LF', 'a\ntouch pwned'],
    ['ESC', '\u001b]0;title\u0007'],
    ['half a character', '\ud800'],
  ])('refuses %s', async (_, argument) => {
    await using opened = await openTools(server, { echo: scriptTool('echo "$1"') });

    await expect(opened.tools.call('echo', { argument })).rejects.toMatchObject({
      code: 'TOOL_ARGUMENTS_INVALID',
      message: expect.stringContaining('/argument has control characters'),
    });
  });

  it.each(['-rf', '--', '-oProxyCommand=id'])('refuses %s where it would be an option', async (path) => {
    await using opened = await openTools(server, {
      list: {
        description: 'Lists a folder.',
        hosts: ['box'],
        command: ['ls', '{path}'],
        parameters: { path: {} },
      },
    });

    await expect(opened.tools.call('list', { path })).rejects.toMatchObject({
      code: 'TOOL_ARGUMENTS_INVALID',
      details: { findings: ['/path begins with a dash'] },
    });
  });

  it('runs on the host that the call names, out of those of the tool', async () => {
    const greet = { description: 'Greets.', hosts: ['box', 'chest'], command: ['echo', 'hello', '{who}'] };
    await using opened = await openTools(
      server,
      { greet: { ...greet, parameters: { who: {} } } },
      { hosts: { box: server.host({ port: 1 }), chest: server.host(), attic: server.host() } },
    );

    const { content } = await opened.tools.call('greet', { host: 'chest', who: 'everybody' });

    expect(content).toMatchObject({ host: 'chest', stdout: 'hello everybody\n' });
    for (const host of ['attic', '127.0.0.1', 'toString', undefined]) {
      await expect(opened.tools.call('greet', { host, who: 'everybody' })).rejects.toMatchObject({
        code: 'TOOL_ARGUMENTS_INVALID',
        details: { findings: ['/host is not one of box, chest'] },
      });
    }
  });

  it('runs what a model wrote only for a group with a shell, and in one line', async () => {
    await using opened = await openTools(
      server,
      {},
      {
        groups: { lab: { shell: true } },
        hosts: { box: server.host({ group: 'lab' }), safe: server.host() },
      },
    );

    const [tool, ...others] = await opened.tools.list();
    const { content } = await opened.tools.call('ssh_shell', { command: 'echo a | tr a b && echo "$0"' });

    expect(tool).toMatchObject({
      name: 'ssh_shell',
      effect: 'destructive',
      parameters: { properties: { command: { maxLength: 2_000 } }, required: ['command'] },
    });
    expect(others).toEqual([]);
    expect(content).toMatchObject({ host: 'box', exitCode: 0, stdout: 'b\nsh\n' });
    await expect(opened.tools.call('ssh_shell', { command: 'true\nfalse' })).rejects.toMatchObject({
      code: 'TOOL_ARGUMENTS_INVALID',
    });
  });

  it('keeps the beginning and the end of a long output, and reads all of it', async () => {
    await using opened = await openTools(server, {
      count: scriptTool('seq 1 2000000; seq 1 300000 >&2; echo end', { outputBytes: 4_096 }),
    });

    const { content } = await opened.tools.call('count', {});

    expect(content).toMatchObject({
      exitCode: 0,
      truncated: true,
      stdout: expect.stringMatching(
        /^1\n2\n3\n[\s\S]*\[\.\.\. \d+ bytes left out \.\.\.\][\s\S]*2000000\nend\n$/,
      ),
      stderr: expect.stringMatching(/^1\n2\n[\s\S]*left out[\s\S]*\n300000\n$/),
    });
  });

  it('does not grow with an output of 1 GB', async () => {
    await using opened = await openTools(server, {
      flood: scriptTool('head -c 1000000000 /dev/zero', { outputBytes: 65_536, timeoutMs: 120_000 }),
    });
    const before = process.memoryUsage();

    const { content } = await opened.tools.call('flood', {});

    const after = process.memoryUsage();
    expect(content).toMatchObject({ exitCode: 0, truncated: true });
    expect(after.rss - before.rss).toBeLessThan(100 * 1024 * 1024);
  }, 120_000);

  it('leaves no process behind when time is up, and says so at once', async () => {
    const ready = await makePipe(server.file('timeout.pipe'));
    await using opened = await openTools(server, {
      hang: scriptTool('echo $$ > "$1"; exec sleep 1000', { timeoutMs: 5_000 }),
    });

    const calling = opened.tools.call('hang', { argument: ready });
    const pid = Number(await readFile(ready, 'utf8'));

    await expect(calling).rejects.toMatchObject({ code: 'TOOL_TIMEOUT', details: { timeoutMs: 5_000 } });
    await processEnd(pid);
    await opened[Symbol.asyncDispose]();
    expect(await processesNaming(ready)).toEqual([]);
    expect(opened.log.messages('warn')).toEqual([]);
  });

  itAsUser('goes from INT over TERM to KILL for a command that does not listen', async (user) => {
    await server.open();
    const ready = await makePipe(server.file('stubborn.pipe'));
    // It sleeps only briefly: a shell runs its traps between two commands, and a signal that comes while it forks does not reach
    // the next one.
    const resist = scriptTool(
      'trap "echo > $1.INT" INT; trap "echo > $1.TERM" TERM; echo $$ > "$1"; while :; do sleep 0.02; done',
    );
    await using opened = await openTools(server, { resist }, { host: { user } });
    const giveUp = new AbortController();
    const calling = opened.tools.call('resist', { argument: ready }, { signal: giveUp.signal });
    const pid = Number(await readFile(ready, 'utf8'));
    const reason = new Error('enough');

    giveUp.abort(reason);

    await expect(calling).rejects.toBe(reason);
    for (const name of ['INT', 'TERM']) {
      await fileThatAppears(`${ready}.${name}`);
      // The command may have heard the signal before we hear that it was sent.
      await opened.clock.whenPending();
      await opened.clock.advance(2_000);
    }
    await processEnd(pid);
    await opened[Symbol.asyncDispose]();
    expect(opened.log.messages('warn')).toEqual([]);
  });

  it('finds what left its process group with a second command', async () => {
    const ready = await makePipe(server.file('runaway.pipe'));
    await using opened = await openTools(server, {
      escape: scriptTool('setsid sh -c \'echo $$ > "$1"; exec sleep 1000\' sh "$1" & sleep 1000'),
    });
    const giveUp = new AbortController();
    const calling = opened.tools.call('escape', { argument: ready }, { signal: giveUp.signal });
    const pid = Number(await readFile(ready, 'utf8'));

    giveUp.abort(new Error('enough'));

    await expect(calling).rejects.toThrow('enough');
    await whileTimePasses(opened.clock, processEnd(pid));
  });

  it('ends what runs when it is closed', async () => {
    const ready = await makePipe(server.file('closing.pipe'));
    const opened = await openTools(server, {
      hang: scriptTool('trap "" INT TERM; echo $$ > "$1"; while :; do sleep 1000; done'),
    });
    const calling = opened.tools.call('hang', { argument: ready });
    const pid = Number(await readFile(ready, 'utf8'));

    const closing = opened[Symbol.asyncDispose]();

    await expect(calling).rejects.toMatchObject({ code: 'SSH_CLOSED' });
    await closing;
    await processEnd(pid);
    await expect(opened.tools.call('hang', { argument: ready })).rejects.toMatchObject({
      code: 'SSH_CLOSED',
    });
  });
});
