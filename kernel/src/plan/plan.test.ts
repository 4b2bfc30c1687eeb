import { describe, expect, it } from '@jest/globals';
import { defineCapability } from '../plugin/capability.js';
import { definePlugin, provide } from '../plugin/plugin.js';
import { lazy, many, one, optional } from '../plugin/requirement.js';
import {
  acme,
  brief,
  Diary,
  found,
  Greeter,
  greeterPlugin,
  installed,
  manifestOf,
  marker,
  NewGreeter,
  Oracle,
  planOf,
  Stopwatch,
} from '../plugins.test.support.js';
import type { Plan } from './plan.js';
import { plan } from './plan.js';

const hello = greeterPlugin('hello');
const ciao = greeterPlugin('ciao');
const host = acme('host', { requires: { greeter: Greeter } });

/** `tier`, then one line per plugin, then the rest. Line 3 is the first plugin. */
function tier(plugins: readonly string[], rest = ''): string {
  const lines = plugins.map((line) => `  ${line}`);
  return ['tier: t', 'plugins:', ...lines, rest].join('\n');
}
const use = (name: string, more = '') => `${name}: { use: '@acme/${name}'${more} }`;

const told = ({ problems }: Plan) => problems.map((one) => [brief(one), one.message, one.fix]);

describe('plan, a sound manifest', () => {
  it('puts providers before their consumers, whatever the order of the file', async () => {
    const planned = await planOf(tier([use('host'), use('hello')]), [host, hello]);

    expect(planned.problems).toEqual([]);
    expect(planned.plugins.map(({ key, level }) => [key, level])).toEqual([
      ['hello', 0],
      ['host', 1],
    ]);
    expect([...(planned.plugins[1]?.after ?? [])]).toEqual(['hello']);
  });

  it('says which provider serves each requirement', async () => {
    const planned = await planOf(tier([use('host'), use('hello')]), [host, hello]);

    expect(planned.plugins[1]?.deps).toEqual([
      {
        dep: 'greeter',
        kind: 'one',
        capability: 'greeter',
        providers: [{ plugin: 'hello', provider: 'greeter', capability: 'greeter', version: '1.2.0' }],
      },
    ]);
  });

  it('puts what does not depend on each other on one level, by the longest way', async () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(marker) as [
      ReturnType<typeof marker>,
      ReturnType<typeof marker>,
      ReturnType<typeof marker>,
      ReturnType<typeof marker>,
    ];
    const planned = await planOf(tier([use('d'), use('c'), use('b'), use('a')]), [
      acme('a', { provides: [a] }),
      acme('b', { provides: [b], requires: { a } }),
      acme('c', { provides: [c], requires: { a } }),
      acme('d', { provides: [d], requires: { a, b, c } }),
    ]);

    expect(planned.plugins.map(({ key, level }) => `${key}${level}`)).toEqual(['a0', 'c1', 'b1', 'd2']);
  });

  it('adds up the memory that plugins state', async () => {
    const hungry = definePlugin({
      name: '@acme/hungry',
      version: '1.0.0',
      provides: { greeter: provide(Greeter) },
      needs: { memoryMiB: 200 },
      setup: () => ({ greeter: { greet: async () => '' } }),
    });

    const planned = await planOf(
      tier([use('hungry'), use('more', ", use: '@acme/hungry'").replace("use: '@acme/more', ", '')]),
      [hungry],
    );

    expect(planned.memoryMiB).toBe(400);
  });

  it('leaves out what "when" excludes, and says so', async () => {
    const planned = await planOf(tier([use('host'), use('hello'), use('ciao', ', when: CIAO')]), [
      host,
      hello,
      ciao,
    ]);

    expect(planned.problems).toEqual([]);
    expect(planned.skipped).toEqual([{ plugin: 'ciao', when: 'CIAO' }]);
  });

  it('lets one package serve as two plugins', async () => {
    const planned = await planOf(tier(["a: { use: '@acme/hello' }", "b: { use: '@acme/hello' }"]), [hello]);

    expect(planned.bindings.get('greeter')?.map(({ plugin }) => plugin)).toEqual(['a', 'b']);
  });

  it('never lets a plugin serve itself', async () => {
    const wrapper = acme('wrapper', { provides: [Greeter], requires: { greeter: Greeter } });

    const planned = await planOf(tier([use('wrapper'), use('hello')]), [wrapper, hello]);

    expect(planned.problems).toEqual([]);
    expect(planned.plugins.map(({ key }) => key)).toEqual(['hello', 'wrapper']);
  });

  it('warns of an old variable once, however many plugins read it', async () => {
    const schema = {
      level: { doc: 'Level', format: 'nat', default: 1, env: 'LEVEL', aliases: ['GLOW'] },
    } as const;
    const lamp = (name: string) =>
      definePlugin({ name, version: '1.0.0', provides: {}, config: schema, setup: () => ({}) });

    const planned = await planOf(tier([use('a'), use('b')]), [lamp('@acme/a'), lamp('@acme/b')], {
      GLOW: '2',
    });

    expect(planned.warnings).toEqual(['Environment variable GLOW is now called LEVEL.']);
  });
});

describe('plan, bindings', () => {
  const oracle = (name: string) => acme(name, { provides: [Oracle] });
  const asker = acme('asker', { requires: { oracle: Oracle } });
  const oracles = [oracle('delphi'), oracle('dodona'), oracle('siwa')];
  const listed = [use('asker'), use('delphi'), use('dodona'), use('siwa')];
  const served = (planned: Plan) =>
    planned.plugins.find(({ key }) => key === 'asker')?.deps[0]?.providers.map(({ plugin }) => plugin);

  it('choose one of several', async () => {
    const planned = await planOf(tier([use('host'), use('hello'), use('ciao')], 'bind: { greeter: ciao }'), [
      host,
      hello,
      ciao,
    ]);

    expect(planned.problems).toEqual([]);
    expect([...(planned.plugins.at(-1)?.after ?? [])]).toEqual(['ciao']);
  });

  it('give the order in which several act as one', async () => {
    const planned = await planOf(tier(listed, 'bind: { oracle: [siwa, delphi] }'), [asker, ...oracles]);

    expect(planned.problems).toEqual([]);
    expect(served(planned)).toEqual(['siwa', 'delphi']);
  });

  it('put "many" in their order, and leave out who is not named', async () => {
    const collector = acme('asker', { requires: { oracles: many(Oracle) } });

    const planned = await planOf(tier(listed, 'bind: { oracle: [siwa, delphi] }'), [collector, ...oracles]);

    expect(served(planned)).toEqual(['siwa', 'delphi']);
  });

  it('pass over a named plugin that "when" excludes', async () => {
    const plugins = [use('asker'), use('delphi', ', when: DELPHI'), use('dodona'), use('siwa')];

    const planned = await planOf(tier(plugins, 'bind: { oracle: [delphi, siwa] }'), [asker, ...oracles]);

    expect(planned.problems).toEqual([]);
    expect(served(planned)).toEqual(['siwa']);
  });

  it('count as none when everyone they name is excluded', async () => {
    const plugins = [use('asker'), use('delphi', ', when: DELPHI'), use('dodona'), use('siwa')];

    const planned = await planOf(tier(plugins, 'bind: { oracle: delphi }'), [asker, ...oracles]);

    expect(planned.problems.map(brief)).toEqual(['3:3 KERNEL_CAPABILITY_AMBIGUOUS']);
  });
});

describe('plan, requirements', () => {
  it.each([
    ['optional', optional(Greeter)],
    ['many', many(Greeter)],
  ])('%s may stay empty', async (_kind, requirement) => {
    const loner = acme('loner', { requires: { greeter: requirement } });

    const planned = await planOf(tier([use('loner')]), [loner]);

    expect(planned.problems).toEqual([]);
    expect(planned.plugins[0]?.deps[0]?.providers).toEqual([]);
  });

  it('many takes every provider in the order of the manifest, and none is too many', async () => {
    const collector = acme('collector', { requires: { all: many(Greeter) } });

    const planned = await planOf(tier([use('hello'), use('collector'), use('ciao')]), [
      collector,
      hello,
      ciao,
    ]);

    expect(planned.problems).toEqual([]);
    expect(planned.plugins.at(-1)?.deps[0]?.providers.map(({ plugin }) => plugin)).toEqual(['hello', 'ciao']);
  });

  it('optional and many wait for who provides them', async () => {
    const waiter = acme('waiter', { requires: { maybe: optional(Greeter), all: many(Greeter) } });

    const planned = await planOf(tier([use('waiter'), use('hello')]), [waiter, hello]);

    expect(planned.plugins.map(({ key }) => key)).toEqual(['hello', 'waiter']);
  });

  it('lazy waits for nobody', async () => {
    const patient = acme('patient', { requires: { greeter: lazy(Greeter) } });

    const planned = await planOf(tier([use('patient'), use('hello')]), [patient, hello]);

    expect(planned.problems).toEqual([]);
    expect(planned.plugins.map(({ key, level }) => `${key}${level}`)).toEqual(['patient0', 'hello0']);
  });

  it('an older major version of the contract is passed over where a fitting one is listed', async () => {
    const modern = acme('modern', { provides: [NewGreeter] });

    const planned = await planOf(tier([use('host'), use('modern'), use('hello')]), [host, modern, hello]);

    expect(planned.problems).toEqual([]);
    expect([...(planned.plugins.at(-1)?.after ?? [])]).toEqual(['hello']);
  });
});

describe('plan, problems', () => {
  it('KERNEL_WHEN_INVALID', async () => {
    const planned = await planOf(tier([use('hello', ', when: A &&')]), [hello]);

    expect(told(planned)).toEqual([
      [
        '3:32 KERNEL_WHEN_INVALID',
        'The "when" of hello cannot be decided: a name is missing at the end.',
        "Write variable names with ! && || ( ) and comparisons such as NODE_ROLE == 'edge'; flags are true or false.",
      ],
    ]);
  });

  it('KERNEL_PLUGIN_UNKNOWN', async () => {
    const planned = await planOf(tier([use('hallo')]), [hello]);

    expect(told(planned)).toEqual([
      [
        '3:3 KERNEL_PLUGIN_UNKNOWN',
        'Plugin hallo: the package @acme/hallo is not installed. Did you mean "@acme/hello"?',
        'Write "@acme/hello", or run "npm install @acme/hallo" if that is another package.',
      ],
    ]);
  });

  it('KERNEL_PLUGIN_BROKEN', () => {
    const manifest = manifestOf(tier([use('hello')]));

    const planned = plan({
      manifest,
      plugins: new Map([['hello', { state: 'broken', finding: 'it throws' }]]),
    });

    expect(told(planned)).toEqual([
      [
        '3:3 KERNEL_PLUGIN_BROKEN',
        'Plugin hello: what @acme/hello declares cannot be used: it throws.',
        'Mend or reinstall the package; "npx tiercel plugin build" writes its declaration anew.',
      ],
    ]);
  });

  it('KERNEL_PLUGIN_VERSION', async () => {
    const planned = await planOf(tier([use('hello', ', version: ^2')]), [hello]);

    expect(told(planned)).toEqual([
      [
        '3:32 KERNEL_PLUGIN_VERSION',
        'Plugin hello: @acme/hello is installed in version 1.0.0, and the manifest wants ^2.',
        'Run "npm install @acme/hello@^2", or change "version".',
      ],
    ]);
  });

  it('KERNEL_CAPABILITY_MISSING, with the chain that led there and who was excluded', async () => {
    const front = acme('front', { provides: [marker('front')], requires: { back: marker('back') } });
    const back = acme('back', { provides: [marker('back')], requires: { greeter: Greeter } });
    const lines = [use('front'), use('back'), use('hello', ', when: HELLO'), use('gone')];

    const planned = await planOf(tier(lines, 'requires: [front]'), [front, back, hello]);

    expect(planned.problems.map(brief)).toEqual([
      '4:3 KERNEL_CAPABILITY_MISSING',
      '6:3 KERNEL_PLUGIN_UNKNOWN',
    ]);
    expect(planned.problems[0]).toMatchObject({
      message: 'Plugin back needs greeter, and no listed plugin provides it.',
      fix: 'Add a plugin that provides greeter to "plugins".',
      chain: ['requires: front', 'front', 'back'],
      excluded: [
        { plugin: 'hello', why: 'its "when: HELLO" does not hold' },
        { plugin: 'gone', why: 'nothing is known about it' },
      ],
    });
  });

  it('KERNEL_CAPABILITY_MISSING where only the plugin itself would provide it', async () => {
    const wrapper = acme('wrapper', { provides: [Greeter], requires: { greeter: Greeter } });

    const { problems } = await planOf(tier([use('wrapper')]), [wrapper]);

    expect(problems).toMatchObject([
      {
        code: 'KERNEL_CAPABILITY_MISSING',
        excluded: [{ plugin: 'wrapper', why: 'a plugin does not serve itself' }],
      },
    ]);
  });

  it('KERNEL_CAPABILITY_MISSING for a lazy requirement too', async () => {
    const patient = acme('patient', { requires: { greeter: lazy(Greeter) } });

    expect((await planOf(tier([use('patient')]), [patient])).problems.map(brief)).toEqual([
      '3:3 KERNEL_CAPABILITY_MISSING',
    ]);
  });

  it.each([
    ['one', one(NewGreeter)],
    ['optional', optional(NewGreeter)],
    ['many', many(NewGreeter)],
    ['lazy', lazy(NewGreeter)],
  ])('KERNEL_CAPABILITY_VERSION for %s, and not "missing"', async (_kind, requirement) => {
    const modern = acme('modern', { requires: { greeter: requirement } });

    const planned = await planOf(tier([use('modern'), use('hello')]), [modern, hello]);

    expect(told(planned)).toEqual([
      [
        '3:3 KERNEL_CAPABILITY_VERSION',
        'Plugin modern needs version ^2.0.0 of greeter, and only 1.2.0 of hello is here.',
        'Update the older of the two packages, so that both use the same major version of the contract.',
      ],
    ]);
  });

  it.each([
    ['one', one(Greeter)],
    ['optional', optional(Greeter)],
    ['lazy', lazy(Greeter)],
  ])('KERNEL_CAPABILITY_AMBIGUOUS for %s', async (_kind, requirement) => {
    const asker = acme('asker', { requires: { greeter: requirement } });

    const planned = await planOf(tier([use('asker'), use('hello'), use('ciao')]), [asker, hello, ciao]);

    expect(told(planned)).toEqual([
      [
        '3:3 KERNEL_CAPABILITY_AMBIGUOUS',
        'Plugin asker needs one greeter, and hello, ciao all provide it.',
        'Add "bind: { greeter: hello }", or remove the others.',
      ],
    ]);
  });

  it('KERNEL_BIND_UNKNOWN', async () => {
    const planned = await planOf(
      tier([use('hello'), use('host')], 'bind: { greeter: [helo], clock: host }'),
      [hello, host],
    );

    expect(told(planned)).toEqual([
      [
        '5:19 KERNEL_BIND_UNKNOWN',
        'bind: greeter names helo, which is not a listed plugin that provides it. Did you mean "hello"?',
        'Name one of hello.',
      ],
      [
        '5:26 KERNEL_BIND_UNKNOWN',
        'bind: clock names host, which is not a listed plugin that provides it.',
        'Add a plugin that provides it, or remove this binding.',
      ],
    ]);
  });

  it('KERNEL_BIND_COMPOSE, once however many plugins ask', async () => {
    const other = acme('other', { requires: { greeter: Greeter } });
    const lines = [use('host'), use('other'), use('hello'), use('ciao')];

    const planned = await planOf(tier(lines, 'bind: { greeter: [ciao, hello] }'), [host, other, hello, ciao]);

    expect(told(planned)).toEqual([
      [
        '7:9 KERNEL_BIND_COMPOSE',
        'bind: greeter lists ciao, hello, but this capability cannot make several providers act as one.',
        'Name a single plugin.',
      ],
    ]);
  });

  it('KERNEL_PLACEMENT_UNKNOWN', () => {
    const manifest = manifestOf(tier([use('hello', ', placement: process')]));

    const planned = plan({ manifest, plugins: new Map([['hello', installed(hello)]]) });

    expect(told(planned)).toEqual([
      [
        '3:32 KERNEL_PLACEMENT_UNKNOWN',
        'Plugin hello asks for placement "process", and the package @tiercel/placement-process is not installed.',
        'Run "npm install @tiercel/placement-process", or remove "placement", so that it runs inline.',
      ],
    ]);
  });

  it('KERNEL_PLACEMENT_IMPOSSIBLE for an object, for what is synchronous, and for who needs such an object', () => {
    const watch = acme('watch', { provides: [Stopwatch] });
    const runner = acme('runner', { requires: { stopwatch: Stopwatch } });
    const lines = ['watch', 'runner', 'hello'].map((name) => use(name, ', placement: process'));
    const manifest = manifestOf(tier(lines));
    const placements = new Map([['process', '/placement.js']]);
    const plugins = new Map([
      ['watch', found(watch)],
      ['runner', installed(runner)],
      ['hello', installed(hello)],
    ]);

    const planned = plan({ manifest, plugins, placements });

    expect(told(planned).map(([where, message]) => [where, message])).toEqual([
      [
        '3:32 KERNEL_PLACEMENT_IMPOSSIBLE',
        'Plugin watch cannot run in placement "process": it was handed over as an object, which cannot leave this process.',
      ],
      [
        '3:32 KERNEL_PLACEMENT_IMPOSSIBLE',
        'Plugin watch cannot run in placement "process": stopwatch has synchronous members (nowMs).',
      ],
      [
        '4:34 KERNEL_PLACEMENT_IMPOSSIBLE',
        'Plugin runner cannot run in placement "process": it needs stopwatch, which is synchronous, and watch was handed over as an object.',
      ],
    ]);
    expect(planned.placements).toEqual(placements);
  });

  it('KERNEL_PLACEMENT_IMPOSSIBLE for each of two requirements of one capability by itself', () => {
    const NewStopwatch = defineCapability<{ nowMs(): number }>()({
      id: 'stopwatch',
      version: '2.0.0',
      methods: { nowMs: 'local' },
    });
    const runner = acme('runner', { requires: { old: many(Stopwatch), new: many(NewStopwatch) } });
    const lines = [use('watch'), use('modern'), use('runner', ', placement: process')];
    const plugins = new Map([
      ['watch', found(acme('watch', { provides: [Stopwatch] }))],
      ['modern', installed(acme('modern', { provides: [NewStopwatch] }))],
      ['runner', installed(runner)],
    ]);

    const { problems } = plan({
      manifest: manifestOf(tier(lines)),
      plugins,
      placements: new Map([['process', '/placement.js']]),
    });

    expect(problems.map(brief)).toEqual(['5:34 KERNEL_PLACEMENT_IMPOSSIBLE']);
  });

  it('KERNEL_PLUGIN_UNDECLARED', () => {
    const manifest = manifestOf(tier([use('hello')]));

    const planned = plan({
      manifest,
      plugins: new Map([['hello', { state: 'undeclared', build: 'node_modules/@acme/hello' }]]),
    });

    expect(told(planned)).toEqual([
      [
        '3:3 KERNEL_PLUGIN_UNDECLARED',
        'Plugin hello: @acme/hello is here, but nothing says what it provides and requires.',
        'Run "npx tiercel plugin build node_modules/@acme/hello", or update the package to one that carries its declaration.',
      ],
    ]);
  });

  it('KERNEL_DEVICE_TOO_SMALL, with who takes most', async () => {
    const heavy = { ...acme('heavy'), needs: { memoryMiB: 700, cores: 4, accelerator: 'cuda' } };
    const light = { ...acme('light'), needs: { memoryMiB: 300, diskMiB: 10 } };
    const device = 'device: { cores: 2, memoryMiB: 1024, diskMiB: 10, accelerator: metal }';

    const planned = await planOf(tier([use('light'), use('heavy')], device), [heavy, light]);

    expect(told(planned)).toEqual([
      [
        '5:11 KERNEL_DEVICE_TOO_SMALL',
        'The plugins need 4 cores, and the device has 2 cores: 2 cores too little.',
        'Leave out or replace what takes most: heavy (4 cores).',
      ],
      [
        '5:21 KERNEL_DEVICE_TOO_SMALL',
        'The plugins need 1,050 MiB of memory, and the device has 1,024 MiB: 26 MiB too little.',
        'Leave out or replace what takes most: heavy (700 MiB), light (300 MiB), the kernel (50 MiB).',
      ],
      [
        '5:51 KERNEL_DEVICE_TOO_SMALL',
        'The device has no accelerator of the kind that heavy needs.',
        'Leave it out, use a plugin that does without, or name the accelerator under "device".',
      ],
    ]);
  });

  it('KERNEL_NOTHING_PROMISED, and KERNEL_CAPABILITY_VERSION for a promise', async () => {
    const planned = await planOf(tier([use('hello')], 'requires: [clock, greeter@^1, greeter@^2]'), [hello]);

    expect(told(planned)).toEqual([
      [
        '4:12 KERNEL_NOTHING_PROMISED',
        '"requires" promises clock, and no listed plugin provides it.',
        'Add a plugin that provides clock, or take the promise back.',
      ],
      [
        '4:31 KERNEL_CAPABILITY_VERSION',
        'The manifest needs version ^2 of greeter, and only 1.2.0 of hello is here.',
        'Update the older of the two packages, so that both use the same major version of the contract.',
      ],
    ]);
  });

  it('KERNEL_NOTHING_PROMISED where it stands, behind what is no name', async () => {
    const planned = await planOf(tier([use('hello')], 'requires:\n- 5\n- greeter\n- clock'), [hello]);

    expect(planned.problems.map(brief)).toEqual(['5:3 KERNEL_VALUE_WRONG', '7:3 KERNEL_NOTHING_PROMISED']);
  });

  it('lists eleven mistakes of one file, in reading order', async () => {
    const text = `tier: t
titel: A slip
requires: [clock]
plugins:
  host: { use: '@acme/host' }
  hello: { use: '@acme/hello', version: ^9, config: { loud: true } }
  ciao: { use: '@acme/ciao', placement: process, when: "A = 'b'" }
  gone: { use: '@acme/gone' }
  diary: { use: '@acme/diary', boot: later }
  diary: { use: '@acme/diary' }
bind: { greeter: [ciao, hallo, hello] }
`;

    const { problems } = await planOf(text, [host, hello, ciao, acme('diary', { provides: [Diary] })]);

    expect(problems.map(brief)).toEqual([
      '2:1 KERNEL_KEY_UNKNOWN',
      '3:12 KERNEL_NOTHING_PROMISED',
      '6:32 KERNEL_PLUGIN_VERSION',
      '6:55 KERNEL_CONFIG_UNKNOWN',
      '7:30 KERNEL_PLACEMENT_UNKNOWN',
      '7:30 KERNEL_PLACEMENT_IMPOSSIBLE',
      '7:50 KERNEL_WHEN_INVALID',
      '8:3 KERNEL_PLUGIN_UNKNOWN',
      '10:3 KERNEL_YAML_INVALID',
      '11:9 KERNEL_BIND_COMPOSE',
      '11:25 KERNEL_BIND_UNKNOWN',
    ]);
  });
});

describe('plan, circles', () => {
  const cap = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((id) => [id, marker(id)]));
  const ring = (name: string, ...needs: readonly string[]) =>
    acme(name, {
      provides: [{ id: name, ...cap[name] }],
      requires: Object.fromEntries(needs.map((need) => [`my-${need}`, cap[need]])),
    });
  const cyclesOf = ({ problems }: Plan) =>
    problems.filter(({ code }) => code === 'KERNEL_CYCLE').map(({ message }) => message);

  it('are told with the capability on each edge and a requirement that could be lazy', async () => {
    const planned = await planOf(tier([use('a'), use('b'), use('c')]), [
      ring('a', 'b'),
      ring('b', 'c'),
      ring('c', 'a'),
    ]);

    expect(told(planned)).toEqual([
      [
        '3:3 KERNEL_CYCLE',
        'These plugins wait for each other: a → (b) → b → (c) → c → (a) → a.',
        'Make one of these requirements lazy(), for example "my-a" of c.',
      ],
    ]);
  });

  it('are broken by a lazy requirement', async () => {
    const a = acme('a', { provides: [cap['a'] ?? marker('a')], requires: { b: lazy(marker('b')) } });

    const planned = await planOf(tier([use('a'), use('b')]), [a, ring('b', 'a')]);

    expect(planned.problems).toEqual([]);
    expect(planned.plugins.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('are all told, also where one hangs on another', async () => {
    const planned = await planOf(tier([use('c'), use('d'), use('a'), use('b'), use('e')]), [
      ring('a', 'b'),
      ring('b', 'a'),
      ring('c', 'a', 'd'),
      ring('d', 'c'),
      ring('e', 'a', 'c'),
    ]);

    expect(cyclesOf(planned)).toEqual([
      'These plugins wait for each other: c → (d) → d → (c) → c.',
      'These plugins wait for each other: a → (b) → b → (a) → a.',
    ]);
  });

  it('are found through optional requirements and through the second of several providers', async () => {
    const both = acme('both', { provides: [cap['a'] ?? marker('a')], requires: { all: many(Greeter) } });
    const other = acme('other', { provides: [Greeter], requires: { a: optional(marker('a')) } });

    const planned = await planOf(tier([use('both'), use('hello'), use('other')]), [both, hello, other]);

    expect(cyclesOf(planned)).toEqual([
      'These plugins wait for each other: both → (greeter) → other → (a) → both.',
    ]);
  });

  it('may be longer than the call stack', async () => {
    const length = 20_000;
    const names = Array.from({ length }, (_, index) => `p${index}`);
    const caps = names.map(marker);
    const plugins = names.map((name, index) =>
      acme(name, {
        provides: [caps[index] ?? marker(name)],
        requires: { next: caps[(index + 1) % length] },
      }),
    );

    const planned = await planOf(tier(names.map((name) => use(name))), plugins);

    expect(planned.problems.map(({ code }) => code)).toEqual(['KERNEL_CYCLE']);
  });
});

describe('plan, purity', () => {
  it('gives the same plan for the same input, which it leaves as it was', async () => {
    const text = tier(
      [use('host'), use('hello'), use('ciao', ', when: CIAO'), use('gone')],
      'bind: { greeter: hello }',
    );
    const manifest = manifestOf(text);
    const plugins = new Map([
      ['host', found(host)],
      ['hello', found(hello)],
      ['gone', { state: 'unknown' } as const],
    ]);
    const environment = Object.freeze({ CIAO: 'no' });
    const before = JSON.stringify([
      ...manifest.plugins,
      ...manifest.bind,
      manifest.problems,
      ...plugins.keys(),
    ]);

    const first = plan({ manifest, plugins, environment });
    const second = plan({ manifest, plugins, environment });

    expect(second).toEqual(first);
    expect(
      JSON.stringify([...manifest.plugins, ...manifest.bind, manifest.problems, ...plugins.keys()]),
    ).toBe(before);
  });

  it('runs no plugin code', async () => {
    const loud = acme('loud', {
      setup: () => {
        throw new Error('setup ran');
      },
    });

    expect((await planOf(tier([use('loud')]), [loud])).problems).toEqual([]);
  });
});
