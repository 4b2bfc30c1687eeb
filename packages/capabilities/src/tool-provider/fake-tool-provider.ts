import { ToolError } from './errors.js';
import type { ToolCallOptions, ToolDescriptor, ToolProvider, ToolResult } from './tool-provider.js';

/** A declared tool together with what it does. */
export interface FakeTool extends Partial<Omit<ToolDescriptor, 'name'>> {
  readonly name: string;
  /** Default: returns its arguments. */
  readonly run?: (
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions,
  ) => Promise<ToolResult> | ToolResult;
}

export interface FakeToolCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly language: string;
}

/** Tools for tests; keeps every call that reached it in `calls`. */
export class FakeToolProvider implements ToolProvider {
  readonly calls: FakeToolCall[] = [];
  #tools: ReadonlyMap<string, FakeTool> = new Map();

  constructor(tools: readonly FakeTool[] = [{ name: 'echo' }]) {
    this.offer(tools);
  }

  /** Offers these tools from now on, instead of the ones before. */
  offer(tools: readonly FakeTool[]): void {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
  }

  async list(): Promise<readonly ToolDescriptor[]> {
    return [...this.#tools.values()].map(({ run: _, ...declared }) => ({
      description: `Fake tool ${declared.name}.`,
      parameters: { type: 'object', additionalProperties: false, properties: {} },
      effect: 'read',
      weight: 'light',
      ...declared,
    }));
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions = {},
  ): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    const tool = this.#tools.get(name);
    if (!tool) throw new ToolError('TOOL_UNKNOWN', { tool: name });
    this.calls.push({ name, args, language: options.language ?? 'en' });
    return (await tool.run?.(args, options)) ?? { content: args };
  }
}
