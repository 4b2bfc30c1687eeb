import { Discovery, type EndpointSet } from '@tiercel/capabilities/discovery';
import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';

export interface DiscoverServiceOptions {
  readonly tier?: string;
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** Prints the addresses of a service, one a line; with `watch` each set that follows as well. */
export async function discoverService(
  context: Context,
  service: string,
  { tier, watch = false, json = false }: DiscoverServiceOptions,
): Promise<number> {
  const { signal } = context;
  await using node = await bootNode(context, { tier, only: [], ifOffered: [Discovery.id] });
  if (!node.has(Discovery)) throw new CliError('CLI_DISCOVERY_MISSING', { tier: node.plan.tier });
  const discovery = node.get(Discovery);
  if (!watch) {
    show(context, service, await discovery.resolve(service, { signal }), json);
    return 0;
  }
  for await (const set of discovery.watch(service, { signal })) show(context, service, set, json);
  return 0;
}

function show({ terminal }: Context, service: string, set: EndpointSet, json: boolean): void {
  if (json) {
    terminal.print(JSON.stringify({ service, ...set }));
    return;
  }
  for (const { url, id, weight, tags = [] } of set.endpoints) {
    const facts = [
      ...(id === undefined || id === url ? [] : [id]),
      ...(weight === undefined || weight === 1 ? [] : [`weight ${weight}`]),
      ...tags,
    ];
    terminal.print(facts.length > 0 ? `${url}  ${facts.join(', ')}` : url);
  }
  if (set.endpoints.length === 0) terminal.note(`Nobody serves ${service} now.\n`);
  if (set.isStale)
    terminal.note('note: this is the last that was known; nobody can be asked at the moment.\n');
}
