import { describe, expect, it } from '@jest/globals';
import { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { boot, supply } from '@tiercel/kernel';
import intentsPhrases from './index.js';

const parameters = {
  type: 'object',
  additionalProperties: false,
  properties: { device: { type: 'string', maxLength: 100 } },
  required: ['device'],
};
const find = {
  name: 'find',
  parameters,
  slots: { device: 'device' },
  phrases: { en: { templates: ['where is {device}'] } },
} as const;

async function bootPhrases(tools: FakeToolRegistry, world = new FakeWorldModel()) {
  const log = new FakeLog();
  const node = await boot({
    manifest: { tier: 'test', plugins: { 'intents-phrases': null, tools: null, world: null, log: null } },
    plugins: [
      intentsPhrases,
      supply('@tiercel/tools', ToolRegistry, tools),
      supply('@tiercel/world', WorldModel, world),
      supply('@tiercel/log', Log, log),
    ],
    environment: {},
  });
  const intents = node.get(IntentRecognizer);
  const read = async (text: string) => (await intents.recognize(text, { language: 'en' }))?.args;
  return { node, read, log };
}

/** Lets everything run on that waits for nothing but promises. */
function turns(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('@tiercel/intents-phrases', () => {
  it('follows the names of the devices', async () => {
    const world = new FakeWorldModel({ entries: { 'device/a/name': 'red lamp', 'device/b/state': 'on' } });
    const { node, read } = await bootPhrases(new FakeToolRegistry([find]), world);
    await using _ = node;

    expect(await read('Where is the red lamp?')).toEqual({ device: 'a' });
    expect(await read('Where is B?')).toEqual({ device: 'b' });

    await world.observe({ key: 'device/a/name', value: 'blue lamp', origin: 'test' });
    await world.observe({ key: 'device/c/aliases', value: ['green lamp', 5], origin: 'test' });
    await world.forget('device/b/state', { origin: 'test' });
    await turns();

    expect(await read('Where is the red lamp?')).toBeUndefined();
    expect(await read('Where is the blue lamp?')).toEqual({ device: 'a' });
    expect(await read('Where is the green lamp?')).toEqual({ device: 'c' });
    expect(await read('Where is B?')).toBeUndefined();
  });

  it('reads all names again after a reset', async () => {
    const world = new FakeWorldModel({ entries: { 'device/a/name': 'red lamp' } });
    const { node, read } = await bootPhrases(new FakeToolRegistry([find]), world);
    await using _ = node;

    world.restart();
    await world.observe({ key: 'device/b/name', value: 'blue lamp', origin: 'test' });
    await turns();

    expect(await read('Where is the red lamp?')).toBeUndefined();
    expect(await read('Where is the blue lamp?')).toEqual({ device: 'b' });
  });

  it('watches again after the watch broke', async () => {
    const world = new FakeWorldModel({ entries: { 'device/a/name': 'red lamp' } });
    const { watch } = world;
    let isBroken = true;
    world.watch = (...args) => {
      if (isBroken) throw new Error('cut');
      return Reflect.apply(watch, world, args);
    };
    const { node, read, log } = await bootPhrases(new FakeToolRegistry([find]), world);
    await using _ = node;
    await turns();

    isBroken = false;
    await world.observe({ key: 'device/a/name', value: 'blue lamp', origin: 'test' });
    await read('Where is the red lamp?');
    await turns();

    expect(await read('Where is the blue lamp?')).toEqual({ device: 'a' });
    expect(log.lines).toMatchObject([{ level: 'warn' }]);
  });

  it('follows the tools on offer', async () => {
    const tools = new FakeToolRegistry([find]);
    const { node, read } = await bootPhrases(tools);
    await using _ = node;

    tools.offer([{ name: 'wave', phrases: { en: { templates: ['wave'] } } }]);
    await read('Wave!');
    await turns();

    expect(await read('Wave!')).toEqual({});
  });

  it('does not start with phrases that cannot be used, and says them all', async () => {
    const tools = new FakeToolRegistry([
      { name: 'one', phrases: { en: { templates: ['(a'] } } },
      { name: 'two', phrases: { de: { templates: ['{b}'] } } },
    ]);

    const findings = [
      expect.stringMatching(/^one \(en, template 1\): /),
      expect.stringMatching(/^two \(de, template 1\): /),
    ];
    await expect(bootPhrases(tools)).rejects.toMatchObject({
      cause: { cause: { code: 'PHRASES_TEMPLATES_INVALID', details: { findings } } },
    });
  });

  it('starts with phrases of another machine that cannot be used, and warns', async () => {
    const tools = new FakeToolRegistry([
      { name: 'wave', phrases: { en: { templates: ['wave'] } } },
      { name: 'one', server: 'core', phrases: { en: { templates: ['(a', 'good one'] } } },
    ]);
    const { node, read, log } = await bootPhrases(tools);
    await using _ = node;

    expect([await read('Wave!'), await read('Good one.')]).toEqual([{}, {}]);
    expect(log.messages('warn')).toEqual(['some phrases cannot be used']);
  });

  it('recognizes tools of this node and of others alike', async () => {
    const tools = new FakeToolRegistry([
      { name: 'wave', phrases: { en: { templates: ['wave'] } } },
      { name: 'search', server: 'core', phrases: { en: { templates: ['look it up'] } } },
    ]);
    const { node } = await bootPhrases(tools);
    await using _ = node;
    const intents = node.get(IntentRecognizer);

    const read = await Promise.all(
      ['Wave!', 'Please look it up.'].map((text) => intents.recognize(text, { language: 'en' })),
    );

    expect(read.map((intent) => intent?.tool)).toEqual(['wave', 'search']);
  });

  it('warns about phrases that go bad later and keeps the good ones', async () => {
    const tools = new FakeToolRegistry([find]);
    const { node, read, log } = await bootPhrases(
      tools,
      new FakeWorldModel({ entries: { 'device/a/name': 'red lamp' } }),
    );
    await using _ = node;

    tools.offer([find, { name: 'one', phrases: { en: { templates: ['(a'] } } }]);
    await read('Wave!');
    await turns();

    expect(await read('Where is the red lamp?')).toEqual({ device: 'a' });
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'some phrases cannot be used' }]);
  });

  it('goes on with the last list of a registry that fails', async () => {
    const tools = new FakeToolRegistry([{ name: 'wave', phrases: { en: { templates: ['wave'] } } }]);
    const { node, read } = await bootPhrases(tools);
    await using _ = node;

    tools.list = () => Promise.reject(new Error('cut'));
    await read('Wave!');
    await turns();

    expect(await read('Wave!')).toEqual({});
  });

  it('closes while the registry does not answer', async () => {
    const tools = new FakeToolRegistry([{ name: 'wave', phrases: { en: { templates: ['wave'] } } }]);
    const { node, read } = await bootPhrases(tools);
    tools.list = () => new Promise(() => undefined);
    await read('Wave!');

    await node[Symbol.asyncDispose]();

    expect(await read('Wave!')).toEqual({});
  });
});
