import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './run.test.support.js';

export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface PackedPackage {
  readonly manifest: PackageManifest;
  /** Folder in this repository, such as `plugins/tts-piper`. */
  readonly home: string;
  /** What is in the package, relative to its root. */
  readonly files: readonly string[];
  readonly tarball: Buffer;
}

/** 205 MB of models, which are no business of these tests: the package is packed without them. */
const withoutModels = 'packages/starter-models';

/** All packages of this project as they would be published, and a registry on this machine that has them. */
export class PackedProject implements AsyncDisposable {
  readonly packages: readonly PackedPackage[];
  /** A folder outside the repository. */
  readonly directory: string;
  readonly #server: Server;
  /** npm remembers what an address gave, so each run has addresses of its own. */
  readonly #life = randomUUID();

  private constructor(directory: string, packages: readonly PackedPackage[], server: Server) {
    this.directory = directory;
    this.packages = packages;
    this.#server = server;
  }

  static async open(): Promise<PackedProject> {
    const directory = await mkdtemp(path.join(tmpdir(), 'tiercel-packed-'));
    const packages = await packAll(directory);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const project = new PackedProject(directory, packages, server);
    server.on('request', (request, response) => {
      const body = project.#answer(decodeURIComponent(request.url ?? ''));
      response.writeHead(body === undefined ? 404 : 200).end(body ?? '{}');
    });
    return project;
  }

  /** An empty folder in which npm finds the packages of this project, and takes all others from its cache if it can. */
  async createFolder(name: string): Promise<string> {
    const folder = path.join(this.directory, name);
    await mkdir(folder);
    await writeFile(path.join(folder, '.npmrc'), this.#npmrc());
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  #origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${this.#life}`;
  }

  #npmrc(): string {
    const settings = [
      `@tiercel:registry=${this.#origin()}/`,
      'prefer-offline=true',
      'audit=false',
      'fund=false',
    ];
    return `${settings.join('\n')}\n`;
  }

  #answer(route: string): string | Buffer | undefined {
    const [, life, ...rest] = route.split('/');
    const isTarball = rest[0] === '-';
    const name = rest.slice(isTarball ? 1 : 0).join('/');
    const found = this.packages.find(({ manifest }) => manifest.name === name);
    if (!found || life !== this.#life) return undefined;
    const { manifest, tarball } = found;
    if (isTarball) return tarball;
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const dist = { tarball: `${this.#origin()}/-/${manifest.name}`, integrity };
    return JSON.stringify({
      name: manifest.name,
      'dist-tags': { latest: manifest.version },
      versions: { [manifest.version]: { ...manifest, dist } },
    });
  }
}

async function packAll(directory: string): Promise<readonly PackedPackage[]> {
  const layers = ['packages', 'plugins'];
  const folders = await Promise.all(
    layers.map(async (layer) => (await readdir(layer)).map((name) => `${layer}/${name}`)),
  );
  const homes = ['kernel', ...folders.flat().sort()];
  const light = path.join(directory, 'light');
  await mkdir(light);
  for (const name of ['package.json', 'README.md', 'CHANGELOG.md']) {
    await cp(path.join(withoutModels, name), path.join(light, name));
  }
  const tarballs = path.join(directory, 'tarballs');
  await mkdir(tarballs);
  const args = ['pack', '--json', '--loglevel', 'error', '--ignore-scripts', '--pack-destination', tarballs];
  const names = homes.filter((home) => home !== withoutModels).flatMap((home) => ['--workspace', home]);
  const outputs = [await run('.', 'npm', ...args, ...names), await run(light, 'npm', ...args)];
  const reports = outputs.flatMap((output) => Object.values<PackReport>(JSON.parse(output)));
  return await Promise.all(
    homes.map(async (home): Promise<PackedPackage> => {
      const manifest: PackageManifest = JSON.parse(await readFile(path.join(home, 'package.json'), 'utf8'));
      const report = reports.find(({ name }) => name === manifest.name);
      if (!report) throw new Error(`npm pack said nothing about ${manifest.name}`);
      const tarball = await readFile(path.join(tarballs, report.filename));
      return { manifest, home, files: report.files.map((file) => file.path), tarball };
    }),
  );
}

interface PackReport {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}
