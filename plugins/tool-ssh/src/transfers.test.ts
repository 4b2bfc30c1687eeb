import { createHash, randomBytes } from 'node:crypto';
import { watch } from 'node:fs';
import {
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { fingerprint } from './host-key-check.js';
import { describeWithSshd, makePipe, OpenSshServer } from './open-ssh-server.test.support.js';
import { openTools, type TestTools } from './ssh-tools.test.support.js';
import { TcpProxy } from './tcp-proxy.test.support.js';

describeWithSshd('files of a host', () => {
  let server: OpenSshServer;
  let opened: TestTools;
  let remote: string;
  let local: string;
  beforeAll(async () => {
    server = await OpenSshServer.start();
    remote = server.file('remote');
    local = server.file('local');
    opened = await openTools(server, transferTools({ maxBytes: 40_000_000 }));
  });
  afterAll(async () => {
    await opened[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    for (const folder of [remote, local]) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(path.join(folder, 'inner'), { recursive: true });
    }
    await writeFile(server.file('outside'), 'secret');
  });

  const transferTools = (more: Readonly<Record<string, unknown>> = {}) => {
    const common = { description: 'Copies a file.', hosts: ['box'] };
    const roots = { remoteRoot: remote, localRoot: local, ...more };
    return {
      fetch: { ...common, get: roots },
      fetch_again: { ...common, get: { ...roots, overwrite: true } },
      store: { ...common, put: roots },
      store_again: { ...common, put: { ...roots, overwrite: true } },
    };
  };
  const list = async (folder: string) => (await readdir(folder, { recursive: true })).sort();
  const call = (name: string, args: Readonly<Record<string, unknown>>) => opened.tools.call(name, args);

  it('come whole, whatever is in them', async () => {
    const content = randomBytes(5_000_001);
    await writeFile(path.join(remote, 'inner', 'dump.bin'), content);

    const result = await call('fetch', { remotePath: 'inner/dump.bin' });

    expect(result.content).toEqual({
      host: 'box',
      bytes: 5_000_001,
      remotePath: 'inner/dump.bin',
      localPath: 'dump.bin',
    });
    expect(sha256(await readFile(path.join(local, 'dump.bin')))).toBe(sha256(content));
    expect(await list(local)).toEqual(['dump.bin', 'inner']);
    expect((await stat(path.join(local, 'dump.bin'))).mode & 0o777).toBe(0o600);
  });

  it('go whole, whatever is in them', async () => {
    const content = randomBytes(5_000_001);
    await writeFile(path.join(local, 'dump.bin'), content);

    const result = await call('store', { localPath: 'dump.bin', remotePath: 'inner/other name' });

    expect(result.content).toEqual({
      host: 'box',
      bytes: 5_000_001,
      remotePath: 'inner/other name',
      localPath: 'dump.bin',
    });
    expect(sha256(await readFile(path.join(remote, 'inner', 'other name')))).toBe(sha256(content));
    expect(await list(remote)).toEqual(['inner', 'inner/other name']);
  });

  it.each([0, 1, 131_072, 262_144])('may have %i bytes', async (size) => {
    const content = randomBytes(size);
    await writeFile(path.join(remote, 'file'), content);

    await call('fetch', { remotePath: 'file' });
    await call('store', { localPath: 'file', remotePath: 'back' });

    expect((await readFile(path.join(remote, 'back'))).equals(content)).toBe(true);
  });

  it.each([
    ['fetch', { remotePath: 'file', localPath: 'file' }, 'local'],
    ['store', { localPath: 'file', remotePath: 'file' }, 'remote'],
  ] as const)('do not replace others with %s', async (name, args, target) => {
    await writeFile(path.join(remote, 'file'), 'remote');
    await writeFile(path.join(local, 'file'), 'local');

    await expect(call(name, args)).rejects.toMatchObject({ code: 'SSH_TRANSFER_FAILED' });

    expect(await readFile(path.join(server.file(target), 'file'), 'utf8')).toBe(target);
    expect(await list(server.file(target))).toEqual(['file', 'inner']);
  });

  it.each([
    ['fetch_again', 'local'],
    ['store_again', 'remote'],
  ] as const)('replace others with %s, where the tool may', async (name, target) => {
    await writeFile(path.join(remote, 'file'), 'new');
    await writeFile(path.join(local, 'file'), 'new');
    await writeFile(path.join(server.file(target), 'file'), 'old');

    await call(name, { remotePath: 'file', localPath: 'file' });

    expect(await readFile(path.join(server.file(target), 'file'), 'utf8')).toBe('new');
    expect(await list(server.file(target))).toEqual(['file', 'inner']);
  });

  it.each([
    ['fetch_again', 'local'],
    ['store_again', 'remote'],
  ] as const)('replace a link and not what it leads to, with %s', async (name, target) => {
    await writeFile(path.join(remote, 'file'), 'new');
    await writeFile(path.join(local, 'file'), 'new');
    const link = path.join(server.file(target), 'link');
    await symlink(server.file('outside'), link);

    await call(name, {
      remotePath: target === 'remote' ? 'link' : 'file',
      localPath: target === 'local' ? 'link' : 'file',
    });

    expect(await readFile(link, 'utf8')).toBe('new');
    expect(await readFile(server.file('outside'), 'utf8')).toBe('secret');
  });

  it.each([
    ['..', '..'],
    ['the folder above', '../outside'],
    ['the folder above in between', 'inner/../../outside'],
    ['an absolute path', '/etc/passwd'],
    ['the folder itself', '.'],
    ['an empty part', 'inner//file'],
    ['NUL', 'file\0'],
    ['a line end', 'file\n'],
    ['a backslash', 'inner\\..\\file'],
    ['a drive', 'C:/file'],
    ['nothing', ''],
    ['too much', 'x'.repeat(1_025)],
  ])('are refused by %s, on either side', async (_, hostile) => {
    await writeFile(path.join(remote, 'file'), 'remote');
    await writeFile(path.join(local, 'file'), 'local');

    for (const [name, args, side] of [
      ['fetch', { remotePath: hostile, localPath: 'new' }, 'remote'],
      ['fetch', { remotePath: 'file', localPath: hostile }, 'local'],
      ['store', { localPath: hostile, remotePath: 'new' }, 'local'],
      ['store', { localPath: 'file', remotePath: hostile }, 'remote'],
    ] as const) {
      await expect(call(name, args)).rejects.toMatchObject({ code: 'SSH_PATH_REFUSED', details: { side } });
    }
    expect([await list(local), await list(remote)]).toEqual([
      ['file', 'inner'],
      ['file', 'inner'],
    ]);
  });

  it('are refused behind a link that leads out, on either side', async () => {
    await symlink(server.file('outside'), path.join(remote, 'link'));
    await symlink(server.file('outside'), path.join(local, 'link'));
    await symlink(server.folder, path.join(remote, 'away'));
    await symlink(server.folder, path.join(local, 'away'));
    await writeFile(path.join(remote, 'file'), 'remote');
    await writeFile(path.join(local, 'file'), 'local');

    for (const [name, args, side] of [
      ['fetch', { remotePath: 'link' }, 'remote'],
      ['fetch', { remotePath: 'away/outside' }, 'remote'],
      ['fetch', { remotePath: 'file', localPath: 'away/new' }, 'local'],
      ['store', { localPath: 'link' }, 'local'],
      ['store', { localPath: 'away/outside' }, 'local'],
      ['store', { localPath: 'file', remotePath: 'away/new' }, 'remote'],
    ] as const) {
      await expect(call(name, args)).rejects.toMatchObject({ code: 'SSH_PATH_REFUSED', details: { side } });
    }
    expect(await readdir(server.folder)).not.toContain('new');
  });

  it('may lie behind a link that stays inside', async () => {
    await writeFile(path.join(remote, 'inner', 'file'), 'remote');
    await symlink('inner/file', path.join(remote, 'link'));

    await call('fetch', { remotePath: 'link' });

    expect(await readFile(path.join(local, 'link'), 'utf8')).toBe('remote');
  });

  it('are plain files: neither folders nor pipes, which would never end', async () => {
    await makePipe(path.join(remote, 'pipe'));
    await makePipe(path.join(local, 'pipe'));

    for (const [name, args] of [
      ['fetch', { remotePath: 'inner' }],
      ['fetch', { remotePath: 'pipe' }],
      ['store', { localPath: 'inner' }],
      ['store', { localPath: 'pipe' }],
    ] as const) {
      await expect(call(name, args)).rejects.toMatchObject({ code: 'SSH_PATH_REFUSED' });
    }
  });

  it.each([
    ['fetch', { remotePath: 'absent' }, 'there is no such file or folder'],
    ['store', { localPath: 'absent' }, 'ENOENT'],
    ['store', { localPath: 'file', remotePath: 'absent/file' }, 'there is no such file or folder'],
    ['fetch', { remotePath: 'file', localPath: 'absent/file' }, 'ENOENT'],
  ])('that are not there are told as such by %s %j', async (name, args, finding) => {
    await writeFile(path.join(remote, 'file'), '');
    await writeFile(path.join(local, 'file'), '');

    await expect(call(name, args)).rejects.toMatchObject({
      code: 'SSH_TRANSFER_FAILED',
      message: expect.stringContaining(finding),
    });
  });

  it('are refused when they are too large, and nothing is left', async () => {
    await using small = await openTools(server, transferTools({ maxBytes: 1_000 }));
    await writeFile(path.join(remote, 'file'), Buffer.alloc(1_001));
    await writeFile(path.join(local, 'file'), Buffer.alloc(1_001));

    await expect(small.tools.call('fetch', { remotePath: 'file', localPath: 'new' })).rejects.toMatchObject({
      code: 'SSH_FILE_TOO_LARGE',
      details: { maxBytes: 1_000 },
    });
    await expect(small.tools.call('store', { localPath: 'file', remotePath: 'new' })).rejects.toMatchObject({
      code: 'SSH_FILE_TOO_LARGE',
    });

    expect([await list(local), await list(remote)]).toEqual([
      ['file', 'inner'],
      ['file', 'inner'],
    ]);
  });

  it('are refused when they turn out larger than they say', async () => {
    await using small = await openTools(server, transferTools({ remoteRoot: '/proc/self', maxBytes: 10 }));

    await expect(small.tools.call('fetch', { remotePath: 'status' })).rejects.toMatchObject({
      code: 'SSH_FILE_TOO_LARGE',
    });

    expect(await list(local)).toEqual(['inner']);
  });

  it('arguments that are no paths are refused', async () => {
    await expect(call('fetch', { remotePath: 7 })).rejects.toMatchObject({
      code: 'TOOL_ARGUMENTS_INVALID',
      details: { findings: ['/remotePath is not a text'] },
    });
  });

  it('leave nothing behind when the call is given up', async () => {
    await truncate(await emptyFile(path.join(remote, 'large')), 40_000_000);
    await truncate(await emptyFile(path.join(local, 'large')), 40_000_000);
    await using mine = await openTools(server, transferTools({ maxBytes: 40_000_000 }));
    const reason = new Error('enough');

    for (const [name, args] of [
      ['fetch', { remotePath: 'large', localPath: 'new' }],
      ['store', { localPath: 'large', remotePath: 'new' }],
    ] as const) {
      const giveUp = new AbortController();
      // As soon as something lies there under a passing name.
      const started = appearance(name === 'fetch' ? local : remote, /\.part$/);
      const calling = mine.tools.call(name, args, { signal: giveUp.signal });
      await started;
      giveUp.abort(reason);
      await expect(calling).rejects.toBe(reason);
    }
    await mine[Symbol.asyncDispose]();

    expect([await list(local), await list(remote)]).toEqual([
      ['inner', 'large'],
      ['inner', 'large'],
    ]);
  });

  it('leave nothing behind here when the connection is lost', async () => {
    await truncate(await emptyFile(path.join(remote, 'large')), 40_000_000);
    await using proxy = await TcpProxy.open(server.port);
    const [, key = ''] = (await server.hostKey()).split(' ');
    const hostKeySha256 = fingerprint(Buffer.from(key, 'base64'));
    await using behind = await openTools(server, transferTools(), {
      host: { port: proxy.port, hostKeySha256 },
    });
    proxy.cutAfter(5_000_000);

    await expect(behind.tools.call('fetch', { remotePath: 'large' })).rejects.toMatchObject({
      code: 'SSH_CONNECTION_LOST',
    });
    await behind[Symbol.asyncDispose]();

    expect(await list(local)).toEqual(['inner']);
  });

  it('are closed again on the host', async () => {
    await writeFile(path.join(remote, 'file'), 'remote');
    await mkdir(path.join(local, 'many'));

    for (let index = 0; index < 20; index++)
      await call('fetch', { remotePath: 'file', localPath: `many/${index}` });

    const holders = await openHandles(remote);
    expect(holders).toEqual([]);
    expect(opened.tools.facts).toMatchObject({ hosts: { box: { sessions: 0 } } });
  });
});

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function emptyFile(file: string): Promise<string> {
  await (await open(file, 'w')).close();
  return file;
}

/** Settles when a file of such a name comes into the folder. */
function appearance(folder: string, name: RegExp): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, (_, entry) => {
      if (!name.test(entry ?? '')) return;
      watcher.close();
      resolve();
    });
  });
}

/** What processes of this machine have open below a folder. */
async function openHandles(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const targets = await Promise.all(
    pids.map(async (pid) => {
      const handles = await readdir(`/proc/${pid}/fd`).catch(() => []);
      return Promise.all(handles.map((handle) => readlink(`/proc/${pid}/fd/${handle}`).catch(() => '')));
    }),
  );
  return targets.flat().filter((target) => target.startsWith(folder));
}
