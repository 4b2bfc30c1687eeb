import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Environment } from '../manifest/when.js';
import { declarationOf } from '../plugin/declaration.js';
import { definePlugin } from '../plugin/plugin.js';
import { acme, manifestOf } from '../plugins.test.support.js';
import { fillIn, readConfigFiles } from './fill-in.js';

const environment: Environment = { NAME: 'Ada', EMPTY: '', PRICE: '$5', NESTED: `\${env:NAME}` };

function fill(value: unknown, files: Readonly<Record<string, string>> = {}) {
  const read = Object.entries(files).map(([file, text]): [string, { text: string }] => [file, { text }]);
  return fillIn(value, { environment, files: new Map(read), directory: '/home' });
}

describe('fillIn', () => {
  it.each<[string, string]>([
    [`\${env:NAME}`, 'Ada'],
    [`Hello \${env:NAME}, and \${env:NAME} again`, 'Hello Ada, and Ada again'],
    [`\${env:NAME:-Grace}`, 'Ada'],
    [`\${env:NOBODY:-Grace}`, 'Grace'],
    [`\${env:EMPTY:-Grace}`, 'Grace'],
    [`\${env:NOBODY:-}`, ''],
    [`\${env:NOBODY:-a:-b $ c}`, 'a:-b $ c'],
    [`$\${env:NAME}`, `\${env:NAME}`],
    [`$\${env:NOBODY:-x} \${env:NAME}`, `\${env:NOBODY:-x} Ada`],
    [`$\${file:key.txt}`, `\${file:key.txt}`],
  ])('reads %j as %j', (text, value) => {
    expect(fill(text)).toEqual({ value, isText: true, isSecret: false, findings: [] });
  });

  it.each([
    `\${NAME}`,
    `\${env:}`,
    `\${env:1X}`,
    `\${env:A-B}`,
    `\${file:}`,
    `\${other:x}`,
    `\${env:NAME`,
    '$NAME',
  ])('leaves %j as it is', (text) => {
    expect(fill(text)).toMatchObject({ value: text, findings: [] });
  });

  it.each<[string, string]>([
    [`\${env:PRICE}`, '$5'],
    [`\${env:NESTED}`, `\${env:NAME}`],
  ])('takes what it fills in for %j as it is', (text, value) => {
    expect(fill(text).value).toBe(value);
  });

  it.each(['NOBODY', 'EMPTY', 'constructor', '__proto__', 'toString'])(
    'reports that %s is not set',
    (name) => {
      expect(fill(`\${env:${name}}`).findings).toEqual([`environment variable ${name} is not set`]);
    },
  );

  it('reads a file from the folder of the manifest, and marks what it fills as a secret', () => {
    const filled = fill(`Bearer \${file:keys/api.txt}`, { '/home/keys/api.txt': 'hunter2' });

    expect(filled).toEqual({ value: 'Bearer hunter2', isText: true, isSecret: true, findings: [] });
  });

  it('takes an absolute path as it is', () => {
    expect(fill(`\${file:/run/key}`, { '/run/key': 'hunter2' }).value).toBe('hunter2');
  });

  it('reports every reference that leads nowhere', () => {
    const { findings } = fill([`\${env:NOBODY} \${file:a.txt}`, { b: `\${file:b.txt}` }]);

    expect(findings).toEqual([
      'environment variable NOBODY is not set',
      'file a.txt cannot be used: it was not read',
      'file b.txt cannot be used: it was not read',
    ]);
  });

  it('fills lists and maps at every depth, and leaves their other values alone', () => {
    const filled = fill({ a: [`\${env:NAME}`, 1, { b: `\${env:NAME}!`, c: true }], [`\${env:NAME}`]: 'key' });

    expect(filled).toEqual({
      value: { a: ['Ada', 1, { b: 'Ada!', c: true }], [`\${env:NAME}`]: 'key' },
      isText: false,
      isSecret: false,
      findings: [],
    });
  });

  it('reaches no prototype by the name of a key', () => {
    const value = JSON.parse(`{ "__proto__": { "polluted": "\${env:NAME}" } }`);

    const { value: filled } = fill(value);

    expect(Object.getPrototypeOf(filled)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });

  it.each([5, true, undefined, 'plain', { a: [1] }])('hands %j back untouched', (value) => {
    expect(fill(value)).toEqual({ value, isText: false, isSecret: false, findings: [] });
  });
});

describe('readConfigFiles', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-files-'));
    await mkdir(path.join(folder, 'keys'));
    await writeFile(path.join(folder, 'keys/api.txt'), 'hunter2\n');
    await writeFile(path.join(folder, 'windows.txt'), 'hunter2\r\n');
    await writeFile(path.join(folder, 'lines.txt'), ' a \n\n');
    await writeFile(path.join(folder, 'largest.txt'), 'x'.repeat(65_536));
    await writeFile(path.join(folder, 'larger.txt'), 'x'.repeat(65_537));
    await promisify(execFile)('mkfifo', [path.join(folder, 'pipe')]);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  /** What is read for one `${file:…}`. */
  async function read(file: string) {
    const manifest = manifestOf(`tier: t\nplugins: { lamp: { config: { a: [{ b: '\${file:${file}}' }] } } }`);
    const files = await readConfigFiles({ ...manifest, directory: folder }, [], {});
    return [...files];
  }

  it.each([
    ['keys/api.txt', 'hunter2'],
    ['windows.txt', 'hunter2'],
    ['lines.txt', ' a \n'],
    ['largest.txt', 'x'.repeat(65_536)],
  ])('reads %s without the end of its last line', async (file, text) => {
    expect(await read(file)).toEqual([[path.join(folder, file), { text }]]);
  });

  it.each([
    ['gone.txt', 'there is no such file'],
    ['keys', 'it is a directory'],
    ['pipe', 'it is not a plain file'],
    ['/dev/zero', 'it is not a plain file'],
    ['larger.txt', 'it is larger than 65536 bytes'],
    ['keys/api.txt/more', 'ENOTDIR: not a directory, stat '],
  ])('says why %s cannot be used', async (file, finding) => {
    expect(await read(file)).toEqual([
      [path.resolve(folder, file), { finding: expect.stringContaining(finding) }],
    ]);
  });

  it('reads what the variables of sensitive keys name, from the working directory', async () => {
    const file = path.join(folder, 'keys/api.txt');
    const key = { doc: 'Key', format: String, default: '', env: 'API_KEY' };
    const plain = { doc: 'Key', format: String, default: '', env: 'PLAIN' };
    const plugin = definePlugin({
      name: '@acme/lamp',
      version: '1.0.0',
      provides: {},
      config: { key: { ...key, sensitive: true }, plain },
      setup: () => ({}),
    });
    const variables = { API_KEY_FILE: ` ${path.relative(process.cwd(), file)} `, PLAIN_FILE: '/run/plain' };

    const files = await readConfigFiles(manifestOf('tier: t'), [declarationOf(plugin)], variables);

    expect([...files]).toEqual([[file, { text: 'hunter2' }]]);
  });

  it('reads each file once, and none where nothing is referred to', async () => {
    const manifest = manifestOf(
      `tier: t\nplugins: { a: { config: { x: '\${file:a} \${file:./a}' } }, b: { config: { x: 'file:a' } } }`,
    );

    const twice = await readConfigFiles({ ...manifest, directory: folder }, [], {});
    const none = await readConfigFiles(manifestOf('tier: t'), [declarationOf(acme('lamp'))], {});

    expect([...twice.keys()]).toEqual([path.join(folder, 'a')]);
    expect(none.size).toBe(0);
  });
});
