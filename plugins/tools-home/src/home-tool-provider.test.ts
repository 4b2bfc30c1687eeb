import { describe, expect, it } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { boot, supply } from '@tiercel/kernel';
import { HomeToolProvider } from './home-tool-provider.js';
import toolsHome from './index.js';

function openHome() {
  const world = new FakeWorldModel({
    entries: {
      'device/living-room-lamp/name': 'living room lamp',
      'device/living-room-lamp/aliases': ['lounge lamp'],
      'device/living-room-lamp/state': 'off',
      'device/living-room-lamp/brightness': 80,
      'device/kitchen-light/name': 'kitchen light',
      'device/kitchen-light/state': 'on',
      'device/thermometer/state': 21.5,
      'device/new-fan/type': 'fan',
    },
  });
  return { world, tools: new HomeToolProvider(world, 'tools-home', 'allow') };
}

describeToolProviderContract(
  'HomeToolProvider',
  () => ({ provider: openHome().tools, close: () => undefined }),
  {
    call: { name: 'get_device', args: { device: 'kitchen-light' } },
  },
);

describe('HomeToolProvider', () => {
  it('has names for older clients, and may be called again without harm', async () => {
    const { tools } = openHome();

    for (const { name, legacy, effect, idempotent = effect === 'read' } of await tools.list()) {
      expect([legacy, idempotent]).toEqual([{ tool: 'home', method: name }, true]);
    }
  });

  it.each([
    ['its id', 'living-room-lamp'],
    ['its name', 'Living Room Lamp'],
    ['its name with an article', 'the living room lamp'],
    ['an alias', 'lounge-lamp'],
  ])('turns a device on by %s, and says so', async (_, device) => {
    const { tools, world } = openHome();

    const result = await tools.call('set_device', { device, state: 'on' });

    expect(result).toEqual({
      content: { device: 'living-room-lamp', state: 'on' },
      spoken: 'Living room lamp is on.',
    });
    expect(await world.get('device/living-room-lamp/state')).toMatchObject({
      value: 'on',
      origin: 'tools-home',
    });
  });

  it('sets the brightness of a device that has one', async () => {
    const { tools, world } = openHome();

    const result = await tools.call('set_device', {
      device: 'living-room-lamp',
      state: 'on',
      brightness: 40,
    });

    expect(result.spoken).toBe('Living room lamp is on at 40 percent.');
    expect(await world.get('device/living-room-lamp/brightness')).toMatchObject({ value: 40 });
    await expect(
      tools.call('set_device', { device: 'kitchen-light', state: 'on', brightness: 40 }),
    ).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('kitchen-light has no brightness'),
    });
  });

  it('sets a device whose state nobody has observed yet, but none that measures', async () => {
    const { tools } = openHome();

    expect(await tools.call('set_device', { device: 'new-fan', state: 'on' })).toMatchObject({
      spoken: 'New fan is on.',
    });
    await expect(tools.call('set_device', { device: 'thermometer', state: 'on' })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
    });
  });

  it.each([
    ['kitchen-light', 'The kitchen light is on.'],
    ['living-room-lamp', 'The living room lamp is off.'],
    ['thermometer', 'The thermometer is 21.5.'],
    ['new-fan', "I don't know the state of the new fan."],
  ])('tells the state of %s', async (device, spoken) => {
    const { tools } = openHome();

    expect((await tools.call('get_device', { device })).spoken).toBe(spoken);
  });

  it('lists all devices with what is known', async () => {
    const { tools } = openHome();

    const result = await tools.call('list_devices', {});

    expect(result).toEqual({
      content: {
        devices: [
          { id: 'kitchen-light', name: 'kitchen light', state: 'on' },
          { id: 'living-room-lamp', name: 'living room lamp', brightness: 80, state: 'off' },
          { id: 'new-fan', name: 'new fan', type: 'fan' },
          { id: 'thermometer', name: 'thermometer', state: 21.5 },
        ],
      },
      spoken: 'There are 4 devices: kitchen light, living room lamp, new fan and thermometer.',
    });
  });

  it.each([
    ['de', 'Kitchen light ist aus.'],
    ['fr', 'Kitchen light : éteint.'],
    ['es-MX', 'Kitchen light: apagado.'],
  ])('answers in %s', async (language, spoken) => {
    const { tools } = openHome();

    expect(
      await tools.call('set_device', { device: 'kitchen-light', state: 'off' }, { language }),
    ).toMatchObject({ spoken });
  });

  it('names the devices there are, and not what was asked for, when it knows no such device', async () => {
    const { tools } = openHome();

    const error = await tools.call('get_device', { device: 'my diary' }).catch((failure: unknown) => failure);

    expect(error).toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('There are: kitchen-light, '),
    });
    expect(String(error)).not.toContain('diary');
  });

  it('asks which one when several devices share a name', async () => {
    const world = new FakeWorldModel({ entries: { 'device/a/name': 'lamp', 'device/b/aliases': ['Lamp'] } });
    const tools = new HomeToolProvider(world, 'tools-home', 'allow');

    await expect(tools.call('set_device', { device: 'lamp', state: 'on' })).rejects.toThrow(
      'several devices have this name. There are: a, b.',
    );
    expect(await tools.call('set_device', { device: 'b', state: 'on' })).toMatchObject({
      content: { device: 'b' },
    });
  });
});

describe('@tiercel/tools-home', () => {
  it('asks before setting a device unless the manifest allows it', async () => {
    const policyOf = async (config: Readonly<Record<string, unknown>>) => {
      await using node = await boot({
        manifest: { tier: 'test', plugins: { 'tools-home': { config }, world: null } },
        plugins: [toolsHome, supply('@tiercel/world', WorldModel, new FakeWorldModel())],
        environment: {},
      });
      return (await node.get(ToolProvider).list()).map(({ name, policy }) => `${name} ${policy}`);
    };

    expect(await policyOf({})).toContain('set_device ask');
    expect(await policyOf({ policy: 'allow' })).toContain('set_device allow');
  });
});
