// How planning and starting grow with the number of plugins: no-op plugins, each requiring the one before it.
import {
  defineCapability,
  definePlugin,
  loadManifest,
  loadPlugins,
  Node,
  plan,
  provide,
} from '@tiercel/kernel';
import { atMost, inTurns, median, rounded } from './harness.js';

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

export async function measure() {
  const cases = {};
  for (const size of sizes) {
    const { plugins, data } = pluginSet(size);
    const manifest = await loadManifest(data);
    const loaded = await loadPlugins(manifest, { given: plugins });
    const objects = new Map(plugins.map((plugin) => [plugin.name, plugin]));
    cases[`plan ${size}`] = () => {
      const started = performance.now();
      const { problems } = plan({ manifest, plugins: loaded });
      if (problems.length > 0) throw new TypeError(problems[0].message);
      return performance.now() - started;
    };
    cases[`boot ${size}`] = async () => {
      const planned = plan({ manifest, plugins: loaded });
      const started = performance.now();
      const node = await Node.start(planned, objects);
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
  const growth = of('plan 1000') / of('plan 500');
  return {
    results,
    goals: [
      atMost('plan of 1,000 plugins in ms', of('plan 1000'), 50),
      atMost('plan of 1,000 against 500 plugins (linear is 2)', growth, 2.5),
    ],
  };
}
