import { Node, type StartOptions } from './node/node.js';
import { type PlanOptions, planManifest } from './plan/plan-manifest.js';

export interface BootOptions extends PlanOptions, StartOptions {}

/**
 * Plans a manifest and starts the node: `await using node = await boot({ manifest: 'tier.yaml' })`.
 * Throws `KERNEL_PLAN_INVALID` with every problem before anything is started, or `KERNEL_BOOT_FAILED` after a full roll-back.
 */
export async function boot(options: BootOptions): Promise<Node> {
  return await Node.start(await planManifest(options), options);
}
