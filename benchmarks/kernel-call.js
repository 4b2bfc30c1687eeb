// What a call through the kernel costs: a consumer's call of an inline provider against the same call on a bare object,
// against a tsyringe resolve with every call, and against a local action call of Moleculer.
import 'reflect-metadata';
import { boot, defineCapability, definePlugin, provide } from '@tiercel/kernel';
import { ServiceBroker } from 'moleculer';
import { container } from 'tsyringe';
import { atMost, inTurns, median, medianRatio, rounded } from './harness.js';

const calls = 100_000;

const Adder = defineCapability()({ id: 'adder', version: '1.0.0', methods: { add: 'unary' } });

class Sum {
  async add({ a, b }) {
    return a + b;
  }
}

async function nanosecondsPerCall(call) {
  const started = process.hrtime.bigint();
  let sum = 0;
  for (let i = 0; i < calls; i++) sum += await call(i);
  if (sum !== (calls * (calls + 1)) / 2) throw new TypeError('A call returned something else than its sum.');
  return Number(process.hrtime.bigint() - started) / calls;
}

export async function measure() {
  let dependency;
  const provider = definePlugin({
    name: 'adder',
    version: '1.0.0',
    provides: { adder: provide(Adder) },
    setup: () => ({ adder: new Sum() }),
  });
  const consumer = definePlugin({
    name: 'consumer',
    version: '1.0.0',
    provides: {},
    requires: { adder: Adder },
    setup({ deps }) {
      dependency = deps.adder;
      return {};
    },
  });
  const plugins = { adder: { use: 'adder' }, consumer: { use: 'consumer' } };
  const manifest = { tier: 'bench', plugins };
  const node = await boot({ manifest, plugins: [provider, consumer] });
  const inline = dependency;
  const replaceable = await boot({ manifest, plugins: [provider, consumer], replaceable: true });
  const seat = dependency;
  const direct = new Sum();
  container.register('Sum', { useClass: Sum });
  const broker = new ServiceBroker({ logger: false, metrics: false, tracing: false });
  broker.createService({ name: 'sum', actions: { add: ({ params }) => params.a + params.b } });
  await broker.start();

  const figures = await inTurns(
    {
      'direct async call': () => nanosecondsPerCall((i) => direct.add({ a: i, b: 1 })),
      'capability call (inline)': () => nanosecondsPerCall((i) => inline.add({ a: i, b: 1 })),
      'the same, replaceable': () => nanosecondsPerCall((i) => seat.add({ a: i, b: 1 })),
      'node.get(Token) and call': () => nanosecondsPerCall((i) => node.get(Adder).add({ a: i, b: 1 })),
      'tsyringe resolve and call': () =>
        nanosecondsPerCall((i) => container.resolve('Sum').add({ a: i, b: 1 })),
      'Moleculer local call': () => nanosecondsPerCall((i) => broker.call('sum.add', { a: i, b: 1 })),
    },
    { rounds: 15 },
  );
  await broker.stop();
  await node.stop();
  await replaceable.stop();

  const against = 'direct async call';
  const results = Object.keys(figures).map((name) => ({
    case: name,
    value: rounded(median(figures[name])),
    unit: 'ns/call',
    ...(name !== against && { ratio: rounded(medianRatio(figures, name, against)), against }),
  }));
  const ratio = medianRatio(figures, 'capability call (inline)', against);
  return { results, goals: [atMost('capability call against direct call', ratio, 1.05)] };
}
