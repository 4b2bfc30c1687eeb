import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  type ToolPolicy,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';
import type { WorldModel } from '@tiercel/capabilities/world-model';
import { getDevice, listDevices, setDevice } from './descriptors.js';
import { type Device, findDevices, readDevices } from './device.js';
import { findSentences } from './sentences.js';

type Args = Readonly<Record<string, unknown>>;

/** The devices of the world model as tools. What is set here is an observation there; whoever drives the device follows it. */
export class HomeToolProvider implements ToolProvider {
  readonly #world: WorldModel;
  readonly #origin: string;
  readonly #tools: readonly ToolDescriptor[];

  /** @param origin of what it writes into the world model */
  constructor(world: WorldModel, origin: string, policy: ToolPolicy) {
    this.#world = world;
    this.#origin = origin;
    this.#tools = [listDevices, getDevice, setDevice(policy)];
  }

  async list(): Promise<readonly ToolDescriptor[]> {
    return this.#tools;
  }

  async call(name: string, args: Args, options: ToolCallOptions = {}): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    switch (name) {
      case 'list_devices':
        return this.#listDevices(options);
      case 'get_device':
        return this.#getDevice(args, options);
      case 'set_device':
        return this.#setDevice(args, options);
      default:
        throw new ToolError('TOOL_UNKNOWN', { tool: name });
    }
  }

  async #listDevices({ language, signal }: ToolCallOptions): Promise<ToolResult> {
    const devices = await this.#readDevices(signal);
    return { content: { devices: devices.map(toContent) }, spoken: findSentences(language).listed(devices) };
  }

  async #getDevice(args: Args, { language, signal }: ToolCallOptions): Promise<ToolResult> {
    const device = await this.#findDevice('get_device', args, signal);
    return { content: toContent(device), spoken: findSentences(language).observed(device) };
  }

  async #setDevice(args: Args, { language, signal }: ToolCallOptions): Promise<ToolResult> {
    const { brightness } = args;
    const state = args.state === 'off' ? 'off' : 'on';
    const device = await this.#findDevice('set_device', args, signal);
    const { id, facts } = device;
    if (facts.state !== undefined && facts.state !== 'on' && facts.state !== 'off') {
      throw failure('set_device', `${id} cannot be turned on or off. Read it with get_device.`);
    }
    if (typeof brightness === 'number' && typeof facts.brightness !== 'number') {
      throw failure('set_device', `${id} has no brightness. Set only its state.`);
    }
    await this.#world.observe({ key: `device/${id}/state`, value: state, origin: this.#origin });
    if (typeof brightness === 'number') {
      await this.#world.observe({ key: `device/${id}/brightness`, value: brightness, origin: this.#origin });
    }
    const level = typeof brightness === 'number' ? brightness : undefined;
    return {
      content: { device: id, state, ...(level !== undefined && { brightness: level }) },
      spoken: findSentences(language).changed(device, state, level),
    };
  }

  async #readDevices(signal: AbortSignal | undefined): Promise<readonly Device[]> {
    const { entries } = await this.#world.snapshot('device');
    signal?.throwIfAborted();
    return readDevices(entries);
  }

  async #findDevice(tool: string, args: Args, signal: AbortSignal | undefined): Promise<Device> {
    const devices = await this.#readDevices(signal);
    const [device, ...others] = findDevices(devices, String(args.device));
    if (!device) throw failure(tool, `there is no such device. ${nameSome(devices)}`);
    if (others.length > 0) {
      throw failure(
        tool,
        `several devices have this name. ${nameSome([device, ...others])} Use one of the ids.`,
      );
    }
    return device;
  }
}

function toContent({ id, name, facts }: Device): Readonly<Record<string, unknown>> {
  return { id, name, ...facts };
}

function nameSome(devices: readonly Device[]): string {
  if (devices.length === 0) return 'The world model knows no devices; list some in its seed.';
  const ids = devices.slice(0, 20).map(({ id }) => id);
  return `There are: ${ids.join(', ')}${devices.length > ids.length ? ', and more' : ''}.`;
}

function failure(tool: string, finding: string): Error {
  return new ToolError('TOOL_FAILED', { tool, finding });
}
