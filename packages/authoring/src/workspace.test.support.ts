import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder outside the repository in which its packages can be imported, as if they were installed. */
export class Workspace implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(): Promise<Workspace> {
    const directory = await mkdtemp(path.join(tmpdir(), 'tiercel-authoring-'));
    await mkdir(path.join(directory, 'node_modules'));
    for (const name of ['@tiercel', '@types', '@jest', 'fast-check']) {
      await symlink(path.resolve('node_modules', name), path.join(directory, 'node_modules', name), 'dir');
    }
    return new Workspace(directory);
  }

  path(name: string): string {
    return path.join(this.directory, name);
  }

  async write(name: string, content: string | object): Promise<void> {
    await mkdir(path.dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), typeof content === 'string' ? content : JSON.stringify(content));
  }

  read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  /** A package called `@acme/lamp` whose entry has this source. */
  async writePackage(source: string, manifest: object = {}): Promise<void> {
    const basics = { name: '@acme/lamp', version: '1.2.0', type: 'module', exports: './index.js' };
    await this.write('package.json', { ...basics, ...manifest });
    await this.write('index.js', source);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Source of a plugin that provides `lamp` and is sound, unless `parts` replace some of it. */
export function lampPlugin(parts: Readonly<Record<string, string>> = {}, before = ''): string {
  const members: Readonly<Record<string, string>> = {
    name: `'@acme/lamp'`,
    version: `'1.2.0'`,
    provides: '{ lamp: provide(Lamp, { colours: 3 }) }',
    setup: '() => ({ lamp: { turn: async () => true } })',
    ...parts,
  };
  const body = Object.entries(members).map(([key, value]) => `${key}: ${value},`);
  return [
    `import { defineCapability, definePlugin, provide } from '@tiercel/kernel';`,
    `const Lamp = defineCapability()({ id: 'lamp', version: '1.0.0', methods: { turn: 'unary' } });`,
    before,
    `export default definePlugin({ ${body.join(' ')} });`,
  ].join('\n');
}
