import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { templateNames } from '../scaffold/templates.js';
import { type PackedPackage, PackedProject } from './packed-project.test.support.js';
import { type Ended, run, tryRun } from './run.test.support.js';

// Installing takes its time, above all where npm has nothing in its cache.
jest.setTimeout(600_000);

const template = JSON.parse(await readFile('packages/authoring/templates/common/package.json', 'utf8'));

/** Whether npm can get what is not ours, from its cache or its registry. */
const isReachable =
  (await tryRun('.', 'npm', 'view', '--prefer-offline', `jest@${template.devDependencies.jest}`)).exitCode ===
  0;
if (!isReachable) {
  process.stderr.write(
    'Skipped: packed packages were not installed, because npm has neither a registry nor jest in its cache. ' +
      'Run "npm test -w packages/authoring" where it has.\n',
  );
}
const describeInstalled = isReachable ? describe : describe.skip;

let project: PackedProject;
beforeAll(async () => {
  project = await PackedProject.open();
});
afterAll(() => project[Symbol.asyncDispose]());

/** What each entry of `exports` leads to, with `*` filled in from the files. */
function entriesOf({
  manifest,
  files,
}: PackedPackage): readonly { readonly specifier: string; readonly target: string }[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([entry, value]) =>
    (typeof value === 'string' ? [value] : Object.values(value)).flatMap((target) => {
      const [before = '', after] = target.slice(2).split('*');
      if (after === undefined) return [{ specifier: path.posix.join(manifest.name, entry), target }];
      const stars = files.filter((file) => file.startsWith(before) && file.endsWith(after));
      return stars.map((file) => {
        const star = file.slice(before.length, file.length - after.length);
        return { specifier: path.posix.join(manifest.name, entry.replace('*', star)), target: `./${file}` };
      });
    }),
  );
}

describe('every package, packed', () => {
  it('has what its exports name', () => {
    const missing = project.packages.flatMap((packed) =>
      entriesOf(packed).filter(({ target }) => !packed.files.includes(target.slice(2))),
    );

    expect(missing).toEqual([]);
  });

  it('has no tests, fixtures or state of the compiler', () => {
    const surplus = project.packages.flatMap(({ manifest, files }) =>
      files
        .filter((file) => /\.test\.|__fixtures__|tsbuildinfo/.test(file) && !file.startsWith('templates/'))
        .map((file) => `${manifest.name}/${file}`),
    );

    expect(surplus).toEqual([]);
  });

  it('has its plugin file, if it is a plugin', () => {
    const without = project.packages.filter(
      ({ home, files }) => home.startsWith('plugins/') && !files.includes('tiercel.plugin.json'),
    );

    expect(without).toEqual([]);
  });
});

describeInstalled('from an empty folder', () => {
  it('a few commands lead to a green contract suite and a plan for an own plugin', async () => {
    const folder = await project.createFolder('empty');
    const startMs = performance.now();
    const seconds: Record<string, number> = {};
    const step = async (title: string, directory: string, command: string, ...args: readonly string[]) => {
      const beganMs = performance.now();
      const output = await run(directory, command, ...args);
      seconds[title] = Math.round((performance.now() - beganMs) / 100) / 10;
      return output;
    };

    await step('install the command', folder, 'npm', 'install', '@tiercel/cli');
    await step(
      'new',
      folder,
      'npx',
      'tiercel',
      'plugin',
      'new',
      '@you/morse',
      '--capability',
      'text-to-speech',
    );
    const plugin = path.join(folder, 'morse');
    await writeFile(path.join(plugin, '.npmrc'), await readFile(path.join(folder, '.npmrc')));
    await step('install', plugin, 'npm', 'install');
    const tested = await step('test', plugin, 'npm', 'test');
    const plan = await step('check', plugin, 'npx', 'tiercel', 'check', 'tier.yaml', '--json');

    seconds['in all'] = Math.round((performance.now() - startMs) / 100) / 10;
    process.stderr.write(
      `From an empty folder to a plan with an own plugin (s): ${JSON.stringify(seconds)}\n`,
    );
    expect(tested).toMatch(/\(TextToSpeech contract\)/);
    expect(tested).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
    expect(JSON.parse(plan)).toMatchObject({ isSound: true });
    expect(JSON.parse(plan).plugins).toContainEqual(expect.objectContaining({ package: '@you/morse' }));
  });
});

describeInstalled('every package, installed outside the repository', () => {
  let folder: string;
  /** Compiler and test runner of the plugin above; these packages are installed without natives, which tools need. */
  let tools: string;

  beforeAll(async () => {
    folder = await project.createFolder('all');
    tools = await project.createFolder('tools');
    const ours = project.packages.map(({ manifest }) => [manifest.name, manifest.version]);
    const { jest: runner, typescript, ...libraries } = template.devDependencies;
    const manifest = {
      private: true,
      type: 'module',
      dependencies: { ...Object.fromEntries(ours), ...libraries },
    };
    await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
    const toolManifest = { private: true, dependencies: { jest: runner, typescript } };
    await writeFile(path.join(tools, 'package.json'), JSON.stringify(toolManifest));
    // Engines come with hundreds of megabytes of native code, and importing a plugin loads none of it.
    await run(folder, 'npm', 'install', '--omit=optional', '--ignore-scripts');
    await run(tools, 'npm', 'install', '--ignore-scripts');
  });

  const compile = (directory: string, ...args: readonly string[]) =>
    tryRun(directory, process.execPath, path.join(tools, 'node_modules/typescript/bin/tsc'), ...args);
  const tiercel = (directory: string, ...args: readonly string[]) =>
    run(directory, process.execPath, path.join(folder, 'node_modules/@tiercel/cli/bin/tiercel.js'), ...args);

  /** Entries that are modules. */
  const modules = () => {
    const specifiers = project.packages.flatMap(entriesOf).filter(({ target }) => target.endsWith('.js'));
    return specifiers.map(({ specifier }) => specifier);
  };

  it('can be imported, by every entry', async () => {
    // Contract suites, and what runs them, can only be imported in a test runner.
    const specifiers = modules().filter((specifier) => !/\/(testing|testkit)$/.test(specifier));
    const source = `const failures = [];
      for (const specifier of ${JSON.stringify(specifiers)}) {
        await import(specifier).catch((error) => failures.push(specifier + ': ' + error.message));
      }
      console.log(JSON.stringify(failures));`;
    await writeFile(path.join(folder, 'import-all.js'), source);

    const failures = await run(folder, process.execPath, 'import-all.js');

    expect(specifiers.length).toBeGreaterThan(30);
    expect(JSON.parse(failures)).toEqual([]);
  });

  it('has types that compile in a strict project, without skipping any', async () => {
    const lines = modules().map((specifier, index) => `export * as m${index} from '${specifier}';`);
    await writeFile(path.join(folder, 'consumer.ts'), lines.join('\n'));
    const compilerOptions = {
      ...JSON.parse(await readFile('packages/authoring/templates/common/tsconfig.json', 'utf8'))
        .compilerOptions,
      rootDir: '.',
      outDir: 'out',
      noEmit: true,
      skipLibCheck: false,
    };
    await writeFile(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
    );

    const { output } = await compile(folder);

    const faults = output.split('\n').filter((line) => /error TS/.test(line));
    // Others are not ours to mend.
    expect(faults.filter((line) => !/^node_modules\/(?!@tiercel\/)/.test(line))).toEqual([]);
  });

  it('starts a plugin for every capability, which compiles, declares itself and passes its contract suite', async () => {
    const capabilities = await templateNames();
    const homes = capabilities.map((capability) => path.join(folder, `my-${capability}`));
    await inTwos(capabilities, (capability) =>
      tiercel(folder, 'plugin', 'new', `@you/my-${capability}`, '--capability', capability),
    );
    const compiled = await inTwos(homes, (home) => compile(home));
    const builds = homes.flatMap((home) => [home, path.join(home, 'dist/index.js')]);

    const built = JSON.parse(await tiercel(folder, 'plugin', 'build', '--json', ...builds));
    const checked = JSON.parse(await tiercel(folder, 'plugin', 'build', '--check', '--json', ...builds));
    const tested = await inTwos(homes, test);
    const plans = await inTwos(homes, async (home) =>
      JSON.parse(await tiercel(home, 'check', 'tier.yaml', '--json')),
    );

    expect(compiled).toEqual(homes.map(() => ({ exitCode: 0, output: '' })));
    expect(built.plugins.filter(({ state }: { state: string }) => state !== 'written')).toEqual([]);
    expect(checked.plugins.filter(({ state }: { state: string }) => state !== 'current')).toEqual([]);
    expect(tested.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
    expect(tested.filter(({ output }) => !/^Tests: .*\b\d+ passed/m.test(output))).toEqual([]);
    expect(plans.map(({ problems }) => problems)).toEqual(plans.map(() => []));
  });

  it('starts a plugin for a contract of another package, whose suite tells what is still to be written', async () => {
    const contract = [
      '--capability',
      'tool-provider',
      '--contract-from',
      '@tiercel/capabilities/tool-provider',
    ];
    await tiercel(folder, 'plugin', 'new', 'own-tools', ...contract);
    const home = path.join(folder, 'own-tools');
    const source = path.join(home, 'src/own-tools.test.ts');
    // This suite wants to know of a call that succeeds.
    const text = await readFile(source, 'utf8');
    await writeFile(
      source,
      text.replace('(title, open),', "(title, open, { call: { name: 'a', args: {} } }),"),
    );

    const compiled = await compile(home);
    await tiercel(home, 'plugin', 'build', '.', 'dist/index.js');
    const tested = await test(home);

    expect(compiled).toEqual({ exitCode: 0, output: '' });
    expect(existsSync(path.join(home, 'tiercel.plugin.json'))).toBe(true);
    expect(tested.exitCode).toBe(1);
    expect(tested.output).toContain('Member list has not been written yet');
  });

  /** Runs the compiled tests of a scaffolded package as its own script does, in this process and in a child. */
  function test(home: string): Promise<Ended> {
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const runner = path.join(tools, 'node_modules/jest/bin/jest.js');
    // The test kit has tests of its own for the other placements, and one plugin goes through all of them above.
    const names = ['--testNamePattern', '^(?!.*(held up at random|was killed))'];
    return tryRun(home, process.execPath, ...flags, runner, ...names);
  }
});

/** Two at a time: each is a process with children of its own. */
async function inTwos<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all([lane(), lane()]);
  return results;
}
