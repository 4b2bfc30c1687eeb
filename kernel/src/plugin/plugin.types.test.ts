/** Compiled, never run: each `@ts-expect-error` proves that a wrong plugin or capability does not compile. */
import { type Deps, defineCapability, definePlugin, lazy, many, one, optional, provide } from '../index.js';

interface Greeter {
  greet(name: string): Promise<string>;
}
const Greeter = defineCapability<Greeter, { readonly languages: readonly string[] }>()({
  id: 'greeter',
  version: '1.2.0',
  methods: { greet: 'unary' },
});

interface Counter {
  readonly start: number;
  count(values: AsyncIterable<number>): Promise<number>;
  watch(from: number): AsyncIterable<number>;
  double(values: AsyncIterable<number>): AsyncIterable<number>;
  note(text: string): void;
  peek(): number;
}
export const Counter = defineCapability<Counter>()({
  id: 'counter',
  version: '1.0.0',
  methods: {
    start: 'fact',
    count: 'stream-in',
    watch: 'stream-out',
    double: 'duplex',
    note: 'notify',
    peek: 'local',
  },
});

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
function proves<_T extends true>(): void {}

const greeter: Greeter = { greet: async (name) => `Hello ${name}.` };

export const right = definePlugin({
  name: '@acme/right',
  version: '1.0.0',
  provides: { greeter: provide(Greeter, { languages: ['en'] }) },
  requires: {
    counter: Counter,
    ranged: one(Counter, { version: '^1.0' }),
    perhaps: optional(Counter),
    all: many(Counter),
    later: lazy(Counter),
  },
  config: {
    name: { doc: 'A name', format: String, default: 'Ada' },
    times: { doc: 'How often', format: 'nat', default: 1, env: 'TIMES' },
    isLoud: { doc: 'Shout', format: Boolean, default: false },
    mode: { doc: 'Mode', format: ['fast', 'slow'], default: 'fast' },
    words: { doc: 'Words', format: 'list', default: [] },
  },
  async setup({ deps, config, own, signal }) {
    proves<Equal<typeof deps.counter, Counter>>();
    proves<Equal<typeof deps.ranged, Counter>>();
    proves<Equal<typeof deps.perhaps, Counter | undefined>>();
    proves<Equal<typeof deps.all, readonly Counter[]>>();
    proves<Equal<typeof deps.later, () => Counter>>();
    proves<Equal<typeof config.name, string>>();
    proves<Equal<typeof config.times, number>>();
    proves<Equal<typeof config.isLoud, boolean>>();
    proves<Equal<typeof config.mode, 'fast' | 'slow'>>();
    proves<Equal<typeof config.words, readonly string[]>>();
    proves<Equal<typeof signal, AbortSignal>>();
    own(() => undefined);
    // @ts-expect-error a number cannot be released
    own(5);
    // @ts-expect-error not a required capability
    deps.unknown;
    // @ts-expect-error not a configuration key
    config.unknown;
    return { greeter };
  },
});

proves<Equal<Deps<{ greeter: typeof Greeter }>, { readonly greeter: Greeter }>>();

definePlugin({
  name: '@acme/forgets-its-provider',
  version: '1.0.0',
  provides: { greeter: provide(Greeter) },
  // @ts-expect-error "greeter" is missing
  setup: () => ({}),
});

definePlugin({
  name: '@acme/wrong-key',
  version: '1.0.0',
  provides: { greeter: provide(Greeter) },
  // @ts-expect-error "greter" is not declared
  setup: () => ({ greter: greeter }),
});

definePlugin({
  name: '@acme/returns-too-much',
  version: '1.0.0',
  provides: { greeter: provide(Greeter) },
  // @ts-expect-error "extra" is not declared
  setup: async () => ({ greeter, extra: 1 }),
});

definePlugin({
  name: '@acme/wrong-provider',
  version: '1.0.0',
  provides: { greeter: provide(Greeter) },
  // @ts-expect-error greet must return a promise of a string
  setup: () => ({ greeter: { greet: (name: string) => name.length } }),
});

definePlugin({
  name: '@acme/wrong-features',
  version: '1.0.0',
  // @ts-expect-error languages is a list of strings
  provides: { greeter: provide(Greeter, { languages: 'en' }) },
  setup: () => ({ greeter }),
});

definePlugin({
  name: '@acme/wrong-default',
  version: '1.0.0',
  provides: {},
  config: {
    // @ts-expect-error the default of a number is a number
    times: { doc: 'How often', format: 'nat', default: 'one' },
  },
  setup: () => ({}),
});

definePlugin({
  name: '@acme/wrong-choice',
  version: '1.0.0',
  provides: {},
  config: {
    // @ts-expect-error the default is one of the choices
    mode: { doc: 'Mode', format: ['fast', 'slow'], default: 'medium' },
  },
  setup: () => ({}),
});

definePlugin({
  name: '@acme/unknown-format',
  version: '1.0.0',
  provides: {},
  config: {
    // @ts-expect-error there is no such format
    times: { doc: 'How often', format: 'number-ish', default: 1 },
  },
  setup: () => ({}),
});

definePlugin({
  name: '@acme/no-doc',
  version: '1.0.0',
  provides: {},
  config: {
    // @ts-expect-error every key says what it does
    times: { format: 'nat', default: 1 },
  },
  setup: () => ({}),
});

// @ts-expect-error a plugin without a version does not exist
definePlugin({ name: '@acme/no-version', provides: {}, setup: () => ({}) });

defineCapability<Greeter>()({
  id: 'greeter',
  version: '1.0.0',
  // @ts-expect-error greet returns a promise, so it is unary
  methods: { greet: 'stream-out' },
});

defineCapability<Greeter>()({
  id: 'greeter',
  version: '1.0.0',
  // @ts-expect-error every member needs a shape
  methods: {},
});
