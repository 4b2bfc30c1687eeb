import type { ListedTool } from '@tiercel/capabilities/tool-registry';
import type { Context } from '../context.js';
import { type Colour, paintFor } from '../paint.js';
import { printable } from '../printable.js';
import { bootTools } from './boot-tools.js';

export interface ListToolsOptions {
  readonly tier?: string;
  readonly json?: boolean;
}

const colours: Readonly<Record<ListedTool['policy'], Colour>> = {
  allow: 'green',
  ask: 'yellow',
  deny: 'red',
};

/** Prints what is on offer, one tool a line. */
export async function listTools(context: Context, { tier, json = false }: ListToolsOptions): Promise<number> {
  const { terminal, signal } = context;
  const { node, registry } = await bootTools(context, tier);
  await using _ = node;
  const tools = await registry.list({ signal });
  if (json) {
    terminal.print(JSON.stringify({ tier: node.plan.tier, tools }, undefined, 2));
    return 0;
  }
  const paint = paintFor(terminal);
  const width = (read: (tool: ListedTool) => string) =>
    Math.max(0, ...tools.map((tool) => read(tool).length));
  const widths = {
    name: width(({ name }) => name),
    effect: width(({ effect }) => effect),
    place: width(placeOf),
  };
  for (const tool of tools) {
    const { name, effect, policy, description } = tool;
    const columns = [
      name.padEnd(widths.name),
      effect.padEnd(widths.effect),
      paint(colours[policy], policy.padEnd('allow'.length)),
      placeOf(tool).padEnd(widths.place),
      printable(firstSentence(description)),
    ];
    terminal.print(columns.join('  '));
  }
  if (tools.length === 0) terminal.note(`Tier ${node.plan.tier} offers no tools now.\n`);
  for (const { plugin, state, reason } of node.plugins) {
    if (state !== 'ready') terminal.note(`${state}: ${plugin}: ${reason ?? 'no reason given'}\n`);
  }
  return 0;
}

function placeOf({ server }: ListedTool): string {
  return server === undefined ? 'here' : printable(server);
}

function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}
