import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { boot } from './boot.js';
import { isTiercelError } from './define-errors.js';
import { Node } from './node/node.js';
import { inject } from './node/registry.js';
import { type Plan, plan } from './plan/plan.js';
import { planManifest } from './plan/plan-manifest.js';
import { formatPosition, type Problem } from './plan/problem.js';
import { defineCapability } from './plugin/capability.js';
import type { ConfigKey } from './plugin/config-schema.js';
import { declarationOf } from './plugin/declaration.js';
import { definePlugin, type Plugin, provide } from './plugin/plugin.js';
import { pluginFileOf } from './plugin/plugin-file.js';
import { lazy } from './plugin/requirement.js';
import {
  acme,
  bootOf,
  deferred,
  errorOf,
  Greeter,
  greeter,
  greeterPlugin,
  installed,
  manifestOf,
  marker,
  NewGreeter,
  Oracle,
  planOf,
  Stopwatch,
} from './plugins.test.support.js';

/** A mistake that authors of plugins and of manifests make. */
interface Fault {
  readonly title: string;
  /** Makes it, or does the same without it. What it starts is stopped by the test. */
  readonly make: (isMended: boolean) => unknown;
  /** What its author reads, word by word; nothing where the kernel bears it. */
  readonly reads?: string;
  /** What happens where there is nothing to read. */
  readonly instead?: string;
  readonly mend: string;
}

/** Where packages are installed; a fresh folder for each, because a module is imported once. */
let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-authoring-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Boots one installed package, `@acme/lamp`, with this code and this plugin file. */
async function bootInstalled(
  code: string,
  declared: Plugin | string | undefined = acme('lamp'),
): Promise<Node> {
  const directory = path.join(folder, `${count++}`);
  const home = path.join(directory, 'node_modules/@acme/lamp');
  await mkdir(home, { recursive: true });
  await writeFile(
    path.join(home, 'package.json'),
    '{ "name": "@acme/lamp", "type": "module", "main": "index.js" }',
  );
  await writeFile(path.join(home, 'index.js'), code);
  const file =
    typeof declared === 'object' ? JSON.stringify(pluginFileOf(declarationOf(declared))) : declared;
  if (file !== '') await writeFile(path.join(home, 'tiercel.plugin.json'), file);
  const manifest = { tier: 'home', plugins: { lamp: { use: '@acme/lamp' } } };
  return await boot({ manifest, directory, environment: {}, machine: null });
}

const plainCode = (more = '') =>
  `export default { name: '@acme/lamp', version: '1.0.0', provides: {}, requires: {}, config: {}, needs: {}, setup: async () => ({})${more} };`;

/** A plugin without a provider, with one configuration key. */
function lampWith(name: string, key: Partial<ConfigKey>): Plugin {
  const config = {
    [name]: { doc: 'Brightness in percent', format: 'nat', default: 50, ...key } as ConfigKey,
  };
  return definePlugin({ name: '@acme/lamp', version: '1.0.0', provides: {}, config, setup: () => ({}) });
}

const tier = (lines: readonly string[], rest = '') =>
  ['tier: home', 'plugins:', ...lines.map((line) => `  ${line}`), rest].join('\n');
const hello = greeterPlugin('hello');
const ciao = greeterPlugin('ciao');
const host = acme('host', { requires: { greeter: Greeter } });
const use = (name: string, more = '') => `${name}: { use: '@acme/${name}'${more} }`;

const never = () => new Promise<never>(() => undefined);

/** The text that its author reads; `undefined` where all went well. */
async function readingOf(make: () => unknown): Promise<string | undefined> {
  try {
    const made = await make();
    if (made instanceof Node) await made.stop();
    const { problems = [] } = Object(made) as Partial<Plan>;
    return problems.length > 0 ? textOf(problems) : undefined;
  } catch (error) {
    if (!isTiercelError(error)) throw error;
    const { problems, results } = error.details as {
      readonly problems?: readonly Problem[];
      readonly results?: readonly { readonly reason?: string; readonly isCause: boolean }[];
    };
    const reasons = results?.flatMap(({ isCause, reason }) => (isCause ? (reason ?? []) : []));
    const { code } = reasons ? (error.cause as { readonly code: string }) : error;
    return problems ? textOf(problems) : `${code}: ${reasons?.join('\n') ?? error.message}`;
  }
}

function textOf(problems: readonly Problem[]): string {
  const lines = problems.map(({ at, code, message, excluded = [], fix }) => {
    const where = at ? `${formatPosition(at)} ` : '';
    return [
      `${where}${code}: ${message}`,
      ...excluded.map(({ plugin, why }) => `Not ${plugin}: ${why}.`),
      fix,
    ].join(' ');
  });
  return lines.join('\n');
}

/** Without the folder that is another one each time. */
function withoutFolder(text: string | undefined): string | undefined {
  const places = [path.relative(process.cwd(), folder), folder].map((place) => place.replace(/[.]/g, '\\.'));
  return text?.replaceAll(new RegExp(`(${places.join('|')})/\\d+/`, 'g'), '').replaceAll(/\s+/g, ' ');
}

const returned: readonly Fault[] = [
  {
    title: '`setup` returns another key than it declares',
    make: (isMended) =>
      bootOf([
        acme('lamp', { provides: [Greeter], setup: () => ({ [isMended ? 'greeter' : 'greter']: greeter }) }),
      ]),
    reads:
      'KERNEL_PLUGIN_RETURN_WRONG: Plugin lamp returned other providers than it declares: missing greeter, not declared greter. Make setup return exactly the keys of "provides".',
    mend: 'Return the keys of `provides`. TypeScript says so too.',
  },
  {
    title: '`setup` returns more than it declares',
    make: (isMended) =>
      bootOf([
        acme('lamp', {
          provides: [Greeter],
          setup: () => ({ greeter, ...(!isMended && { spare: greeter }) }),
        }),
      ]),
    reads:
      'KERNEL_PLUGIN_RETURN_WRONG: Plugin lamp returned other providers than it declares: missing nothing, not declared spare. Make setup return exactly the keys of "provides".',
    mend: 'Declare it under `provides`, or keep it to yourself.',
  },
  {
    title: '`setup` forgets to return',
    make: (isMended) =>
      bootOf([
        definePlugin({
          name: '@acme/lamp',
          version: '1.0.0',
          provides: { greeter: provide(Greeter) },
          setup: () => (isMended ? { greeter } : undefined) as { greeter: Greeter },
        }),
      ]),
    reads:
      'KERNEL_PLUGIN_RETURN_WRONG: Plugin lamp returned other providers than it declares: missing greeter, not declared nothing. Make setup return exactly the keys of "provides".',
    mend: '`return { greeter: … }`, also `return {}` where nothing is provided.',
  },
  {
    title: 'a provider lacks a member',
    make: (isMended) =>
      bootOf([acme('lamp', { provides: [Greeter], setup: () => ({ greeter: isMended ? greeter : {} }) })]),
    reads:
      'KERNEL_PROVIDER_INCOMPLETE: Provider "greeter" of plugin lamp lacks greet of capability greeter. Implement every member of the contract.',
    mend: 'Implement the whole interface; `class Lamp implements Greeter` makes the compiler watch over it.',
  },
  {
    title: 'a member of a provider is no function',
    make: (isMended) =>
      bootOf([
        acme('lamp', {
          provides: [Greeter],
          setup: () => ({ greeter: isMended ? greeter : { greet: 'Hello' } }),
        }),
      ]),
    reads:
      'KERNEL_PROVIDER_INCOMPLETE: Provider "greeter" of plugin lamp lacks greet of capability greeter. Implement every member of the contract.',
    mend: 'Make it the method that the contract has.',
  },
];

const required: readonly Fault[] = [
  {
    title: 'a token is undefined, because two modules import each other',
    make: (isMended) =>
      planOf(tier([use('hello'), use('lamp')]), [
        hello,
        acme('lamp', { requires: { greeter: isMended ? Greeter : undefined } }),
      ]),
    reads:
      'tier.yaml:4:3 KERNEL_PLUGIN_BROKEN: Plugin lamp: what @acme/lamp declares cannot be used: its declaration cannot be read: Requirement "greeter" names no capability. Two modules that import each other may leave a token undefined; import it from the file that defines it. Mend or reinstall the package; "npx tiercel plugin build" writes its declaration anew.',
    mend: 'Import the token from the file that defines it; give the contract a file of its own.',
  },
  {
    title: 'a requirement is something else than a token',
    make: (isMended) =>
      planOf(tier([use('hello'), use('lamp')]), [
        hello,
        acme('lamp', { requires: { greeter: isMended ? Greeter : 'greeter' } }),
      ]),
    reads:
      'tier.yaml:4:3 KERNEL_PLUGIN_BROKEN: Plugin lamp: what @acme/lamp declares cannot be used: its declaration cannot be read: Requirement "greeter" names no capability. Two modules that import each other may leave a token undefined; import it from the file that defines it. Mend or reinstall the package; "npx tiercel plugin build" writes its declaration anew.',
    mend: 'Write the token itself, not its id.',
  },
  {
    title: 'nobody provides what a plugin requires',
    make: (isMended) => planOf(tier([use('host'), ...(isMended ? [use('hello')] : [])]), [host, hello]),
    reads:
      'tier.yaml:3:3 KERNEL_CAPABILITY_MISSING: Plugin host needs greeter, and no listed plugin provides it. Add a plugin that provides greeter to "plugins".',
    mend: 'List a plugin that provides it, or make the requirement `optional`.',
  },
  {
    title: 'a plugin requires what only it provides itself',
    make: (isMended) =>
      planOf(tier([use('wrapper'), ...(isMended ? [use('hello')] : [])]), [
        acme('wrapper', { provides: [Greeter], requires: { greeter: Greeter } }),
        hello,
      ]),
    reads:
      'tier.yaml:3:3 KERNEL_CAPABILITY_MISSING: Plugin wrapper needs greeter, and no listed plugin provides it. Not wrapper: a plugin does not serve itself. Add a plugin that provides greeter to "plugins".',
    mend: 'List the one that is to be wrapped. A plugin is never handed its own provider.',
  },
  {
    title: 'two plugins provide what one is needed of',
    make: (isMended) =>
      planOf(tier([use('host'), use('hello'), use('ciao')], isMended ? 'bind: { greeter: hello }' : ''), [
        host,
        hello,
        ciao,
      ]),
    reads:
      'tier.yaml:3:3 KERNEL_CAPABILITY_AMBIGUOUS: Plugin host needs one greeter, and hello, ciao all provide it. Add "bind: { greeter: hello }", or remove the others.',
    mend: 'Say under `bind` which one serves.',
  },
  {
    title: '`bind` names a plugin that does not provide it',
    make: (isMended) =>
      planOf(tier([use('host'), use('hello')], `bind: { greeter: ${isMended ? 'hello' : 'host'} }`), [
        host,
        hello,
      ]),
    reads:
      'tier.yaml:5:9 KERNEL_BIND_UNKNOWN: bind: greeter names host, which is not a listed plugin that provides it. Name one of hello.',
    mend: 'Name a plugin that provides the capability, by its key under `plugins`.',
  },
  {
    title: '`bind` lists several for a capability that cannot compose them',
    make: (isMended) =>
      planOf(
        tier(
          [use('asker'), use('one'), use('two')],
          `bind: { ${isMended ? 'oracle' : 'greeter'}: [one, two] }`,
        ),
        [
          acme('asker', { requires: { it: isMended ? Oracle : Greeter } }),
          ...['one', 'two'].map((name) => acme(name, { provides: [isMended ? Oracle : Greeter] })),
        ],
      ),
    reads:
      'tier.yaml:6:9 KERNEL_BIND_COMPOSE: bind: greeter lists one, two, but this capability cannot make several providers act as one. Name a single plugin.',
    mend: 'Name one, or give the capability a `compose` that says how several act as one.',
  },
  {
    title: 'plugins wait for each other',
    make: (isMended) =>
      planOf(tier([use('hen'), use('egg')]), [
        acme('hen', { provides: [marker('hen')], requires: { egg: marker('egg') } }),
        acme('egg', {
          provides: [marker('egg')],
          requires: { hen: isMended ? lazy(marker('hen')) : marker('hen') },
        }),
      ]),
    reads:
      'tier.yaml:3:3 KERNEL_CYCLE: These plugins wait for each other: hen → (egg) → egg → (hen) → hen. Make one of these requirements lazy(), for example "hen" of egg.',
    mend: '`requires: { hen: lazy(Hen) }`, and call `deps.hen()` when it is needed, not in `setup`.',
  },
  {
    title: 'the manifest promises what nobody provides',
    make: (isMended) =>
      planOf(tier([use('hello')], `requires: [${isMended ? 'greeter' : 'greter'}]`), [hello]),
    reads:
      'tier.yaml:4:12 KERNEL_NOTHING_PROMISED: "requires" promises greter, and no listed plugin provides it. Add a plugin that provides greter, or take the promise back.',
    mend: 'Promise the id of a capability that a listed plugin provides.',
  },
];

const packaged: readonly Fault[] = [
  {
    title: 'a package is not installed, or its name is misspelt',
    make: (isMended) => planOf(tier([`hello: { use: '@acme/${isMended ? 'hello' : 'helo'}' }`]), [hello]),
    reads:
      'tier.yaml:3:3 KERNEL_PLUGIN_UNKNOWN: Plugin hello: the package @acme/helo is not installed. Did you mean "@acme/hello"? Write "@acme/hello", or run "npm install @acme/helo" if that is another package.',
    mend: 'Correct `use`, or install the package.',
  },
  {
    title: 'a plugin has another name than its package',
    make: (isMended) => {
      const plugin = { ...hello, name: isMended ? '@acme/hello' : '@acme/greeting' };
      return planOf(tier([use('hello')]), [plugin]);
    },
    reads:
      'tier.yaml:3:3 KERNEL_PLUGIN_UNKNOWN: Plugin hello: the package @acme/hello is not installed. Run "npm install @acme/hello", correct the name, or remove the plugin.',
    mend: 'Give `definePlugin` the `name` of package.json. `tiercel plugin build` compares the two.',
  },
  {
    title: 'a package has no plugin file',
    make: (isMended) => bootInstalled(plainCode(), isMended ? undefined : ''),
    reads:
      'The manifest KERNEL_PLUGIN_UNDECLARED: Plugin lamp: @acme/lamp is here, but nothing says what it provides and requires. Run "npx tiercel plugin build node_modules/@acme/lamp", or update the package to one that carries its declaration.',
    mend: 'Run `tiercel plugin build` in the package before it is published.',
  },
  {
    title: 'a plugin file cannot be read',
    make: (isMended) =>
      bootInstalled(plainCode(), isMended ? undefined : '{ "name": "@acme/lamp", "version": 1 }'),
    reads:
      'The manifest KERNEL_PLUGIN_BROKEN: Plugin lamp: what @acme/lamp declares cannot be used: tiercel.plugin.json: version is 1, not a text; provides is missing, not a map; requires is missing, not a map; config is missing, not a map; needs is missing, not a map. Mend or reinstall the package; "npx tiercel plugin build" writes its declaration anew.',
    mend: 'Never write it by hand: `tiercel plugin build` does.',
  },
  {
    title: 'a plugin was changed, and its plugin file was not built again',
    make: (isMended) =>
      bootInstalled(plainCode(isMended ? '' : ", version: '1.1.0', needs: { memoryMiB: 5 }")),
    reads:
      'KERNEL_PLUGIN_MISMATCH: Plugin lamp: the code of @acme/lamp declares something else than its plugin file, at version, needs.memoryMiB. Run "npx tiercel plugin build" in its package, or reinstall it.',
    mend: 'Build it with every build of the code; `tiercel plugin build --check` says when it is stale.',
  },
  {
    title: 'a module has no default export',
    make: (isMended) =>
      bootInstalled(isMended ? plainCode() : plainCode().replace('default', 'const plugin =')),
    reads:
      'KERNEL_PLUGIN_IMPORT_FAILED: Plugin lamp: @acme/lamp cannot be imported: its default export is not a plugin. A plugin module has one default export, made by definePlugin(); mend or reinstall the package.',
    mend: '`export default definePlugin({ … })` in the entry of the package.',
  },
  {
    title: 'the default export is no plugin',
    make: (isMended) => bootInstalled(isMended ? plainCode() : 'export default class Lamp {}'),
    reads:
      'KERNEL_PLUGIN_IMPORT_FAILED: Plugin lamp: @acme/lamp cannot be imported: its default export is not a plugin. A plugin module has one default export, made by definePlugin(); mend or reinstall the package.',
    mend: 'Export what `definePlugin` returns.',
  },
  {
    title: 'a module throws when it is imported',
    make: (isMended) =>
      bootInstalled(`${isMended ? '' : "throw new Error('There is no lamp here.');"}${plainCode()}`),
    reads:
      'KERNEL_PLUGIN_IMPORT_FAILED: Plugin lamp: @acme/lamp cannot be imported: There is no lamp here. A plugin module has one default export, made by definePlugin(); mend or reinstall the package.',
    mend: 'Do in `setup` what can fail.',
  },
  {
    title: 'a module waits for something when it is imported',
    make: async (isMended) => {
      const code = `${isMended ? '' : 'await new Promise(() => undefined);'}${plainCode()}`;
      if (isMended) return await bootInstalled(code);
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
      try {
        const booting = bootInstalled(code);
        booting.catch(() => undefined);
        while (jest.getTimerCount() < 2) await new Promise((resolve) => setImmediate(resolve));
        await jest.advanceTimersByTimeAsync(30_000);
        return await booting;
      } finally {
        jest.useRealTimers();
      }
    },
    reads:
      'KERNEL_PLUGIN_IMPORT_FAILED: Plugin lamp: @acme/lamp cannot be imported: node_modules/@acme/lamp/index.js was not imported within 30000 ms. Importing a module must wait for nothing: open what it needs in setup. A plugin module has one default export, made by definePlugin(); mend or reinstall the package.',
    mend: 'Move the `await` into `setup`, which has a deadline and a `signal`.',
  },
  {
    title: 'a capability has no proper id or version',
    make: (isMended) =>
      defineCapability<object>()({
        id: isMended ? 'night-light' : 'Night light',
        version: '1.0.0',
        methods: {},
      }),
    reads:
      'KERNEL_CAPABILITY_INVALID: Capability "Night light" version "1.0.0" is not well formed. Use lower-case words joined by "-" as id and a full semver version such as 1.0.0.',
    mend: "`id: 'night-light'`, `version: '1.0.0'`.",
  },
];

const versions: readonly Fault[] = [
  {
    title: 'a package is installed in another version than the manifest wants',
    make: (isMended) => planOf(tier([use('hello', `, version: ^${isMended ? 1 : 2}`)]), [hello]),
    reads:
      'tier.yaml:3:32 KERNEL_PLUGIN_VERSION: Plugin hello: @acme/hello is installed in version 1.0.0, and the manifest wants ^2. Run "npm install @acme/hello@^2", or change "version".',
    mend: 'Install the version that was meant, or widen the range.',
  },
  {
    title: 'consumer and provider were made for different major versions of a contract',
    make: (isMended) =>
      planOf(tier([use('hello'), use('modern')]), [
        hello,
        acme('modern', { requires: { greeter: isMended ? Greeter : NewGreeter } }),
      ]),
    reads:
      'tier.yaml:4:3 KERNEL_CAPABILITY_VERSION: Plugin modern needs version ^2.0.0 of greeter, and only 1.2.0 of hello is here. Update the older of the two packages, so that both use the same major version of the contract.',
    mend: 'Update the older package. A contract of another major version is another contract.',
  },
  {
    title: 'a package with a contract, and the kernel with it, is installed twice',
    make: async () => {
      jest.resetModules();
      const copy = await import('./plugins.test.support.js');
      const seen: unknown[] = [];
      const consumer = acme('consumer', {
        requires: { greeter: Greeter },
        setup: ({ deps }) => void seen.push(deps['greeter']),
      });

      await using node = await bootOf([copy.greeterPlugin('hello'), consumer]);

      expect(copy.Greeter).not.toBe(Greeter);
      expect(seen).toEqual([copy.greeter]);
      expect(node.get(Greeter)).toBe(copy.greeter);
    },
    instead: 'It works: a contract is known by its id and major version, and an error by its `code`.',
    mend: 'Nothing. Compare `code`, never `instanceof`.',
  },
];

const lived: readonly Fault[] = [
  {
    title: '`setup` throws',
    make: (isMended) =>
      bootOf([
        acme('lamp', {
          setup: () => {
            if (!isMended) throw new Error('The bulb is broken.');
          },
        }),
      ]),
    reads:
      'KERNEL_PLUGIN_SETUP_FAILED: Plugin lamp failed to start: The bulb is broken. The cause says where.',
    mend: 'Look at the `cause`; throw errors that say what to do. `boot: degrade` lets the node do without it.',
  },
  {
    title: '`setup` rejects with something that is no error',
    make: (isMended) =>
      bootOf([acme('lamp', { setup: () => (isMended ? undefined : Promise.reject('the bulb is broken')) })]),
    reads:
      'KERNEL_PLUGIN_SETUP_FAILED: Plugin lamp failed to start: the bulb is broken. The cause says where.',
    mend: 'Throw an `Error`, so that it knows where it comes from.',
  },
  {
    title: '`setup` never settles',
    make: (isMended) =>
      bootOf([acme('lamp', { setup: () => (isMended ? undefined : never()) })], {
        entries: { lamp: { boot: { timeoutMs: 20 } } },
        stopTimeoutMs: 1,
      }),
    reads:
      'KERNEL_PLUGIN_SETUP_TIMEOUT: Plugin lamp did not finish its setup within 20 ms. Raise boot.timeoutMs of this plugin in the manifest if it is only slow.',
    mend: 'Pass the `signal` of `setup` to all that waits. The default is 60 s.',
  },
  {
    title: '`setup` ignores its `signal` and opens something after it was given up',
    make: async () => {
      const opening = deferred();
      const log: string[] = [];
      const late = acme('late', {
        setup: async ({ own }) => {
          await opening.promise;
          own(() => void log.push('closed'));
        },
      });

      const error = await errorOf(() =>
        bootOf([late], { entries: { late: { boot: { timeoutMs: 20 } } }, stopTimeoutMs: 1 }),
      );
      opening.resolve();
      await new Promise((resolve) => setImmediate(resolve));

      expect(error.code).toBe('KERNEL_BOOT_FAILED');
      expect(log).toEqual(['closed']);
    },
    instead: 'What it hands to `own()` is released at once; nothing leaks.',
    mend: 'Pass the `signal` on, so that the work ends too.',
  },
  {
    title: 'a resource throws when it is released',
    make: (isMended) =>
      bootOf([
        acme('lamp', {
          setup: ({ own }) => {
            own(() => {
              if (!isMended) throw new Error('The switch is stuck.');
            });
          },
        }),
      ]),
    reads:
      'KERNEL_STOP_FAILED: The node has stopped, but not cleanly. Mend what these plugins own() or restart the process. lamp: The switch is stuck.',
    mend: 'Make releasing safe to do in any state. Everything else was released all the same.',
  },
  {
    title: 'a resource never lets go',
    make: (isMended) =>
      bootOf([acme('lamp', { setup: ({ own }) => void own(isMended ? () => undefined : never) })], {
        stopTimeoutMs: 1,
      }),
    reads:
      'KERNEL_STOP_FAILED: The node has stopped, but not cleanly. Mend what these plugins own() or restart the process. lamp: Resources were not given back within 100 ms. Make their dispose method settle, and setup end when its signal aborts.',
    mend: 'Give closing a deadline of its own. A plugin gets 5 s.',
  },
  {
    title: '`own()` is called after the plugin was stopped',
    make: async () => {
      const log: string[] = [];
      const events: string[] = [];
      let own: (resource: () => void) => unknown = () => undefined;
      const plugin = acme('lamp', {
        setup: (context) => {
          own = context.own;
        },
      });
      const node = await bootOf([plugin], { onEvent: ({ type }) => events.push(type) });
      await node.stop();

      own(() => void log.push('closed'));
      own(() => {
        throw new Error('The switch is stuck.');
      });
      await new Promise((resolve) => setImmediate(resolve));

      expect(log).toEqual(['closed']);
      expect(events.at(-1)).toBe('release-failed');
    },
    instead:
      'The resource is released at once; if that fails, the node tells it as a `release-failed` event.',
    mend: 'Open nothing once `signal` has aborted.',
  },
  {
    title: 'a lazy requirement is called in `setup`',
    make: (isMended) =>
      bootOf([
        acme('patient', {
          requires: { greeter: isMended ? Greeter : lazy(Greeter) },
          setup: ({ deps }) => {
            if (!isMended) (deps['greeter'] as () => unknown)();
          },
        }),
        acme('hello', {
          provides: [Greeter],
          setup: async () => ({ greeter: await Promise.resolve(greeter) }),
        }),
      ]),
    reads:
      'KERNEL_PROVIDER_NOT_READY: greeter is not available: its plugin hello is imported. Call a lazy dependency only after start-up, and check node.plugins for the reason.',
    mend: 'Call it when the first work comes, or require the token without `lazy`.',
  },
  {
    title: 'a class has a constructor parameter without `@inject`',
    make: (isMended) => {
      class Lamp {
        readonly greeter: unknown;

        constructor(hello: unknown) {
          this.greeter = hello;
        }
      }
      if (isMended) inject(Greeter)(Lamp, undefined, 0);
      return bootOf([
        hello,
        acme('lamp', { requires: { greeter: Greeter }, setup: ({ resolve }) => void resolve(Lamp) }),
      ]);
    },
    reads:
      'KERNEL_INJECTION_UNKNOWN: Plugin lamp cannot build Lamp: parameter 1 of Lamp has no @inject. Put @inject(Token) on every constructor parameter and list each token under "requires".',
    mend: '`constructor(@inject(Greeter) greeter: Greeter)`.',
  },
  {
    title: 'a class wants what its plugin does not require',
    make: (isMended) => {
      class Lamp {
        readonly greeter: unknown;

        constructor(@inject(Greeter) hello: unknown) {
          this.greeter = hello;
        }
      }
      const requires = isMended ? { greeter: Greeter } : {};
      return bootOf([hello, acme('lamp', { requires, setup: ({ resolve }) => void resolve(Lamp) })]);
    },
    reads:
      'KERNEL_INJECTION_UNKNOWN: Plugin lamp cannot build Lamp: parameter 1 of Lamp (tiercel:greeter@1) is not required. Put @inject(Token) on every constructor parameter and list each token under "requires".',
    mend: 'List the token under `requires`, so that planning knows of it.',
  },
];

const configured: readonly Fault[] = [
  {
    title: 'a configuration key is misspelt',
    make: (isMended) =>
      planOf(tier([use('lamp', `, config: { ${isMended ? 'level' : 'levle'}: 70 }`)]), [
        lampWith('level', {}),
      ]),
    reads:
      'tier.yaml:3:40 KERNEL_CONFIG_UNKNOWN: Plugin lamp has no configuration key "levle". Did you mean "level"? Use one of level.',
    mend: 'Write one of the keys that the message names.',
  },
  {
    title: 'the manifest has a value of the wrong kind',
    make: (isMended) =>
      planOf(tier([use('lamp', `, config: { level: ${isMended ? 70 : 'bright'} }`)]), [
        lampWith('level', {}),
      ]),
    reads:
      'tier.yaml:3:40 KERNEL_CONFIG_WRONG: Plugin lamp, level (from manifest): "bright" is not a whole number from 0. Brightness in percent. Correct the value in the manifest.',
    mend: 'Write a value of the format that the key has.',
  },
  {
    title: 'a variable has a value of the wrong kind',
    make: (isMended) =>
      planOf(tier([use('lamp')]), [lampWith('level', { env: 'LAMP_LEVEL' })], {
        LAMP_LEVEL: isMended ? '70' : '70 %',
      }),
    reads:
      'KERNEL_CONFIG_WRONG: Plugin lamp, level (from environment variable LAMP_LEVEL): "70 %" is not a whole number from 0. Brightness in percent. Correct the value in the environment variable LAMP_LEVEL.',
    mend: 'The whole text has to be the value. An empty variable counts as not set.',
  },
  {
    title: 'the manifest refers to a variable that is not set',
    make: (isMended) =>
      planOf(tier([use('lamp', `, config: { level: '\${env:LEVEL${isMended ? ':-70' : ''}}' }`)]), [
        lampWith('level', {}),
      ]),
    reads:
      'tier.yaml:3:40 KERNEL_CONFIG_WRONG: Plugin lamp, level (from manifest): environment variable LEVEL is not set. Brightness in percent. Correct the value in the manifest.',
    mend: 'Set it, or write behind `:-` what to take otherwise.',
  },
  {
    title: 'the file of a secret is missing',
    make: async (isMended) => {
      const file = path.join(folder, `${count++}`, 'pin.txt');
      await mkdir(path.dirname(file));
      if (isMended) await writeFile(file, '4711\n');
      const plugin = lampWith('pin', {
        format: String,
        default: '' as never,
        doc: 'Pin of the lamp',
        env: 'LAMP_PIN',
        sensitive: true,
      });
      const manifest = { tier: 'home', plugins: { lamp: { use: '@acme/lamp' } } };
      const environment = { LAMP_PIN_FILE: file };
      return (await planManifest({ manifest, plugins: [plugin], environment, machine: null })).plan;
    },
    reads:
      'KERNEL_CONFIG_WRONG: Plugin lamp, pin (from environment variable LAMP_PIN_FILE): file pin.txt cannot be used: there is no such file. Pin of the lamp. Correct the value in the environment variable LAMP_PIN_FILE.',
    mend: 'Mount the file, or set the variable without `_FILE`. What is in it is never shown.',
  },
  {
    title: 'old names of a variable have different values',
    make: (isMended) =>
      planOf(
        tier([use('lamp')]),
        [lampWith('level', { env: 'LAMP_LEVEL', aliases: ['BRIGHTNESS', 'GLOW'] })],
        { BRIGHTNESS: '70', GLOW: isMended ? '70' : '80' },
      ),
    reads:
      'KERNEL_CONFIG_ALIAS_CONFLICT: Plugin lamp, level: BRIGHTNESS, GLOW have different values. Set LAMP_LEVEL only.',
    mend: 'Set the present name; it wins over all old ones.',
  },
  {
    title: 'the default of a key does not fit its own format',
    make: (isMended) =>
      planOf(tier([use('lamp')]), [lampWith('level', { default: isMended ? 50 : 150, max: 100 })]),
    reads:
      'KERNEL_CONFIG_WRONG: Plugin lamp, level (from default of the plugin): 150 is not at most 100. Brightness in percent. Correct the value in the default of the plugin.',
    mend: 'Correct the declaration.',
  },
  {
    title: 'a configuration key does not say what it means',
    make: (isMended) =>
      planOf(tier([use('lamp')]), [
        lampWith('level', isMended ? {} : { doc: undefined as unknown as string }),
      ]),
    reads:
      'tier.yaml:3:3 KERNEL_PLUGIN_BROKEN: Plugin lamp: what @acme/lamp declares cannot be used: config.level.doc is missing, not a text. Mend or reinstall the package; "npx tiercel plugin build" writes its declaration anew.',
    mend: 'Give it a `doc`: meaning, unit, what an empty value does. Messages show it.',
  },
];

const placed: readonly Fault[] = [
  {
    title: 'a plugin that was handed over as an object is placed elsewhere',
    make: async (isMended) => {
      const place = isMended ? 'inline' : 'process';
      const placements = [{ name: 'process', place: () => hello }];
      const manifest = { tier: 'home', plugins: { hello: { use: '@acme/hello', placement: place } } };
      return (await planManifest({ manifest, plugins: [hello], placements, environment: {}, machine: null }))
        .plan;
    },
    reads:
      'The manifest KERNEL_PLACEMENT_IMPOSSIBLE: Plugin hello cannot run in placement "process": it was handed over as an object, which cannot leave this process. Remove "placement", or name the package of that plugin under "use" instead of handing an object over.',
    mend: 'Make a package of it, or leave it inline.',
  },
  {
    title: 'a synchronous capability is placed elsewhere',
    make: async (isMended) => {
      const watch = acme('watch', { provides: [Stopwatch] });
      const catalogue = { '@acme/watch': pluginFileOf(declarationOf(watch)) };
      const placements = [{ name: 'process', place: () => watch }];
      const entry = { use: '@acme/watch', placement: isMended ? 'inline' : 'process' };
      const manifest = { tier: 'home', plugins: { watch: entry } };
      return (await planManifest({ manifest, catalogue, placements, environment: {}, machine: null })).plan;
    },
    reads:
      'The manifest KERNEL_PLACEMENT_IMPOSSIBLE: Plugin watch cannot run in placement "process": stopwatch has synchronous members (nowMs). Remove "placement", or name the package of that plugin under "use" instead of handing an object over.',
    mend: 'Leave it inline, or make the members of the contract return promises.',
  },
  {
    title: 'the package of a placement is not installed',
    make: (isMended) =>
      plan({
        manifest: manifestOf(tier([use('hello', ', placement: process')])),
        plugins: new Map([['hello', installed(hello)]]),
        placements: new Map(isMended ? [['process', '/placement.js']] : []),
      }),
    reads:
      'tier.yaml:3:32 KERNEL_PLACEMENT_UNKNOWN: Plugin hello asks for placement "process", and the package @tiercel/placement-process is not installed. Run "npm install @tiercel/placement-process", or remove "placement", so that it runs inline.',
    mend: 'Install it beside the manifest.',
  },
  {
    title: 'the device is too small',
    make: (isMended) =>
      planOf(tier([use('heavy')], `device: { memoryMiB: ${isMended ? 2048 : 1024} }`), [
        { ...acme('heavy'), needs: { memoryMiB: 1_500 } },
      ]),
    reads:
      'tier.yaml:4:11 KERNEL_DEVICE_TOO_SMALL: The plugins need 1,550 MiB of memory, and the device has 1,024 MiB: 526 MiB too little. Leave out or replace what takes most: heavy (1,500 MiB), the kernel (50 MiB).',
    mend: 'Take a smaller model or plugin, or a larger device.',
  },
];

const replaced: readonly Fault[] = [
  {
    title: 'a plugin is replaced by one that does not fit',
    make: async (isMended) => {
      const node = await bootOf([hello, host], { replaceable: true });
      await node
        .replace(
          'hello',
          isMended ? greeterPlugin('hello', '1.1.0') : acme('hello', { provides: [NewGreeter] }),
        )
        .catch(async (error) => {
          await node.stop();
          throw error;
        });
      return node;
    },
    reads:
      'The manifest KERNEL_CAPABILITY_VERSION: Plugin host needs version ^1.2.0 of greeter, and only 2.0.0 of hello is here. Update the older of the two packages, so that both use the same major version of the contract.',
    mend: 'Give it the contract that its consumers use. Nothing was touched.',
  },
  {
    title: 'a node is changed that was not booted for it',
    make: async (isMended) => {
      await using node = await bootOf([hello], { replaceable: isMended });
      await node.replace('hello', greeterPlugin('hello', '1.1.0'));
    },
    reads:
      'KERNEL_NOT_REPLACEABLE: The node (tier test) was booted without a way to replace plugins. Boot it with { replaceable: true }.',
    mend: '`boot({ manifest, replaceable: true })`; a call then costs some 55 ns more.',
  },
  {
    title: 'a plugin is replaced that is not there',
    make: async (isMended) => {
      await using node = await bootOf([hello], { replaceable: true });
      await node.replace(isMended ? 'hello' : 'helo', greeterPlugin('hello', '1.1.0'));
    },
    reads: 'KERNEL_PLUGIN_NOT_HERE: There is no plugin helo on this node. Name one of hello.',
    mend: 'Use the key under `plugins`, not the name of the package.',
  },
];

const chapters: Readonly<Record<string, readonly Fault[]>> = {
  'What `setup` returns': returned,
  'Who serves whom': required,
  'Packages and their plugin files': packaged,
  Versions: versions,
  'From setup to release': lived,
  Configuration: configured,
  'Where it runs': placed,
  'Changing a running node': replaced,
};

describe.each(Object.entries(chapters))('%s', (_chapter, faults) => {
  describe.each(faults)('$title', ({ make, reads }) => {
    it('is told with what, where and how to mend it', async () => {
      expect(withoutFolder(await readingOf(() => make(false)))).toBe(reads);
    });

    it('is told no longer once it is mended', async () => {
      expect(await readingOf(() => make(true))).toBeUndefined();
    });
  });
});

const docs = fileURLToPath(new URL('../../docs/reference/', import.meta.url));

function page(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const reading = ({ reads, instead = '' }: Fault) =>
    reads === undefined
      ? `*Nothing.* ${instead}`
      : reads.replace(/KERNEL_\w+/, '`$&`').replaceAll('<', '&lt;');
  const tables = Object.entries(chapters).map(([chapter, faults]) => [
    `## ${chapter}`,
    '',
    '| fault | what you read | how to mend it |',
    '| --- | --- | --- |',
    ...faults.map((fault) => `| ${[fault.title, reading(fault), fault.mend].map(cell).join(' | ')} |`),
    '',
  ]);
  return [...preface, ...tables.flat(), ...outside, ''].join('\n');
}

const preface = [
  '# Faults of authors, and what you read',
  '<!-- Made by "WRITE_PAGES=1 npm test -w kernel -- authoring-faults" from the cases of that test. Change them instead. -->',
  '',
  'Each of these faults is made on purpose by `kernel/src/authoring-faults.test.ts`, which compares what is told word by word, and',
  'mends it. Faults of the manifest and of declarations come all at once, before anything is started, in one',
  '`KERNEL_PLAN_INVALID`. What goes wrong while plugins start comes in one `KERNEL_BOOT_FAILED` with a reason for each plugin;',
  'the tables show the reason. All codes are in [error codes](errors.md).',
  '',
];

/** What the kernel cannot see, because it imports a plugin only to run it. */
const outside = [
  '## When a module is imported',
  '',
  'Importing a plugin has to start nothing. `tiercel plugin build` imports it in a process of its own, writes nothing if it does,',
  'and tells what it found: see [@tiercel/authoring](../../packages/authoring/README.md#what-it-finds).',
  '',
  '| fault | code | how to mend it |',
  '| --- | --- | --- |',
  '| a timer, a socket or a child is left running | `AUTHORING_IMPORT_RUNNING` | Open it in `setup`, and say `own(…)` on the line that opens. |',
  '| something is printed | `AUTHORING_IMPORT_OUTPUT` | Require a log. |',
  '| native code is loaded | `AUTHORING_IMPORT_NATIVE` | `await import(…)` it in `setup`. |',
  '| a global variable is added | `AUTHORING_IMPORT_GLOBALS` | Export what others need. |',
  '| a signal or an event of the process is listened to | `AUTHORING_IMPORT_LISTENERS` | Leave it to the program that runs the node. |',
  '| the import does not come to an end | `AUTHORING_IMPORT_LATE` | Wait in `setup`, which has a deadline. |',
  '| the import ends the process | `AUTHORING_IMPORT_ENDED` | Throw in `setup` instead. |',
];

describe('docs/reference/authoring-faults.md', () => {
  it('shows every fault, as it is told', async () => {
    const file = path.join(docs, 'authoring-faults.md');
    if (process.env['WRITE_PAGES']) await writeFile(file, page());

    expect(await readFile(file, 'utf8')).toBe(page());
  });

  it('names no code that there is not', async () => {
    const codes = page().match(/\b(KERNEL|AUTHORING)(_[A-Z]+)+\b/g) ?? [];
    const known = await readFile(path.join(docs, 'errors.md'), 'utf8');

    expect(codes.filter((code) => !known.includes(`\`${code}\``))).toEqual([]);
  });
});
