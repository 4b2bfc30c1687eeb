// How planning and starting grow with the number of plugins: no-op plugins, each requiring the one before it. And what an
// idle kernel adds to the resident memory of a bare Node process.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  defineCapability,
  definePlugin,
  findPlugins,
  loadManifest,
  Node,
  plan,
  provide,
} from '@tiercel/kernel';
import { atMost, inTurns, median, medianRatio, rounded } from './harness.js';

const sizes = [10, 100, 500, 1_000];

function pluginSet(size) {
  const tokens = Array.from({ length: size }, (_, i) =>
    defineCapability()({ id: `step-${i}`, version: '1.0.0', methods: { run: 'unary' } }),
  );
  const plugins = tokens.map((token, i) =>
    definePlugin({
      name: `step-${i}`,
      version: '1.0.0',
      provides: { step: provide(token) },
      // Ten chains side by side, as wide as a real node, not one long line.
      requires: i >= 10 ? { before: tokens[i - 10] } : {},
      config: { limit: { doc: 'A number', format: 'nat', default: 5 } },
      setup: () => ({ step: { run: async () => i } }),
    }),
  );
  const entries = Object.fromEntries(plugins.map(({ name }) => [name, { use: name, config: { limit: 7 } }]));
  return { plugins, data: { tier: 'bench', plugins: entries } };
}

/** Resident memory of a process that has run a module and then been idle for half a second. */
function residentMiB(file) {
  return Number(execFileSync(process.execPath, [file], { encoding: 'utf8' }));
}

const idle = (manifest) => `
  const { boot } = await import(${JSON.stringify(import.meta.resolve('@tiercel/kernel'))});
  globalThis.node = await boot({ manifest: ${JSON.stringify(manifest)}, environment: {} });`;

async function measureMemory() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tiercel-boot-'));
  const write = (name, text) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const report = `
    await new Promise((resolve) => setTimeout(resolve, 500));
    console.log(process.memoryUsage().rss / 2 ** 20);`;
  const tier = write('tier.yaml', 'tier: idle\nplugins: {}\n');
  const bare = write('bare.mjs', report);
  const data = write('data.mjs', `${idle({ tier: 'idle', plugins: {} })}${report}`);
  const yaml = write('yaml.mjs', `${idle(tier)}${report}`);
  try {
    return await inTurns(
      {
        'bare node': () => residentMiB(bare),
        'idle kernel': () => residentMiB(data),
        'idle kernel, manifest from YAML': () => residentMiB(yaml),
      },
      { rounds: 7, warmUp: 1 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function measure() {
  const memory = await measureMemory();
  const cases = {};
  for (const size of sizes) {
    const { plugins, data } = pluginSet(size);
    const manifest = await loadManifest(data);
    const input = { manifest, plugins: await findPlugins(manifest, { given: plugins }) };
    cases[`plan ${size}`] = () => {
      const started = performance.now();
      const { problems } = plan(input);
      if (problems.length > 0) throw new TypeError(problems[0].message);
      return performance.now() - started;
    };
    cases[`boot ${size}`] = async () => {
      const planned = { plan: plan(input), input, options: {} };
      const started = performance.now();
      const node = await Node.start(planned);
      const elapsed = performance.now() - started;
      await node.stop();
      return elapsed;
    };
  }
  const figures = await inTurns(cases, { rounds: 15 });
  const of = (name) => median(figures[name]);
  const results = Object.keys(figures).map((name) => ({
    case: `${name} plugins`,
    value: rounded(of(name)),
    unit: 'ms',
    ...(name.endsWith(' 1000') && {
      ratio: rounded(of(name) / of(name.replace('1000', '500'))),
      against: '500 plugins',
    }),
  }));
  for (const name of Object.keys(memory)) {
    const ratio =
      name === 'bare node'
        ? {}
        : { ratio: rounded(medianRatio(memory, name, 'bare node')), against: 'bare node' };
    results.push({ case: name, value: rounded(median(memory[name])), unit: 'MiB', ...ratio });
  }
  const growth = of('plan 1000') / of('plan 500');
  const yaml = 'idle kernel, manifest from YAML';
  return {
    results,
    goals: [
      atMost('memory of an idle kernel against bare node', medianRatio(memory, yaml, 'bare node'), 1.3),
      atMost('plan of 1,000 plugins in ms', of('plan 1000'), 50),
      atMost('plan of 1,000 against 500 plugins (linear is 2)', growth, 2.5),
    ],
  };
}
