import { WorldModel } from '@tiercel/capabilities/world-model';
import { isTiercelError, type Node } from '@tiercel/kernel';
import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { readWorldKey } from './read-world-key.js';
import { RestWorldModel } from './rest-world-model.js';

export interface WorldOptions {
  readonly tier?: string;
  /** Base of the routes of a running node. */
  readonly url?: string;
}

export interface OpenedWorld extends AsyncDisposable {
  readonly world: WorldModel;
  /** Says so where what was changed is gone with this command. */
  noteChange(): void;
}

/** The world model of a running node, or else of a tier, of which nothing but that is started. The caller closes it. */
export async function openWorld(context: Context, { tier, url }: WorldOptions): Promise<OpenedWorld> {
  const { terminal, signal } = context;
  if (url !== undefined) {
    if (tier !== undefined) throw new CliError('CLI_WORLD_TWICE', {});
    const key = await readWorldKey(terminal.environment, signal);
    return {
      world: new RestWorldModel({ url, key, signal }),
      noteChange: () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const node = await bootWorld(context, tier);
  return {
    world: node.get(WorldModel),
    noteChange: () => {
      if (isKept(node)) return;
      terminal.note(
        `note: tier ${node.plan.tier} keeps its world model in memory, so this change is gone now. Change that of a running node with --url.\n`,
      );
    },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}

async function bootWorld(context: Context, tier: string | undefined): Promise<Node> {
  try {
    const node = await bootNode(context, { tier, only: [WorldModel.id] });
    if (node.has(WorldModel)) return node;
    const findings = node.plugins.flatMap(({ reason }) => reason ?? []);
    await node.stop();
    throw findings.some(isOfLock)
      ? new CliError('CLI_WORLD_IN_USE', {})
      : new CliError('CLI_WORLD_MISSING', { tier: node.plan.tier, findings });
  } catch (error) {
    if (isTiercelError(error, 'KERNEL_BOOT_FAILED') && isOfLock(error.message))
      throw new CliError('CLI_WORLD_IN_USE', {}, { cause: error });
    throw error;
  }
}

/** Reasons are told as text: the plugin that failed may have run in a process of its own. */
function isOfLock(finding: string): boolean {
  return finding.includes('is in use by another process');
}

function isKept(node: Node): boolean {
  return node
    .describe()
    .plugins.some(({ facts }) => facts?.['durable'] === true || facts?.['outbox'] !== undefined);
}
