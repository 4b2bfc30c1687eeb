import type { ToolDescriptor, ToolEffect, ToolPolicy } from '@tiercel/capabilities/tool-provider';

/** Policies by name of a tool; a name that ends in `*` stands for all that begin so. */
export type PolicyByTool = Readonly<Record<string, ToolPolicy>>;

export interface PolicyOptions {
  readonly policy?: PolicyByTool | undefined;
  /** For tools that have no policy of their own. Default: reading is allowed, everything else asks. */
  readonly effectPolicy?: Partial<Readonly<Record<ToolEffect, ToolPolicy>>> | undefined;
}

const defaults: Readonly<Record<ToolEffect, ToolPolicy>> = {
  read: 'allow',
  write: 'ask',
  destructive: 'ask',
};

/** What the owner of the node lets tools do: the name decides, then the longest prefix, then the plugin, then the effect. */
export class PolicyRules {
  readonly #byName: ReadonlyMap<string, ToolPolicy>;
  readonly #byPrefix: readonly (readonly [prefix: string, policy: ToolPolicy])[];
  readonly #byEffect: Readonly<Record<ToolEffect, ToolPolicy>>;

  constructor({ policy = {}, effectPolicy = {} }: PolicyOptions) {
    const rules = Object.entries(policy);
    this.#byName = new Map(rules.filter(([name]) => !name.endsWith('*')));
    this.#byPrefix = rules
      .filter(([name]) => name.endsWith('*'))
      .map(([name, rule]) => [name.slice(0, -1), rule] as const)
      .sort(([a], [b]) => b.length - a.length);
    this.#byEffect = { ...defaults, ...effectPolicy };
  }

  policyOf({ name, policy, effect }: Pick<ToolDescriptor, 'name' | 'policy' | 'effect'>): ToolPolicy {
    const prefixed = this.#byPrefix.find(([prefix]) => name.startsWith(prefix))?.[1];
    return this.#byName.get(name) ?? prefixed ?? policy ?? this.#byEffect[effect];
  }

  /** Names of rules that mean none of these tools. */
  unusedNames(tools: readonly string[]): readonly string[] {
    const names = [...this.#byName.keys()].filter((name) => !tools.includes(name));
    const prefixes = this.#byPrefix
      .filter(([prefix]) => !tools.some((tool) => tool.startsWith(prefix)))
      .map(([prefix]) => `${prefix}*`);
    return [...names, ...prefixes];
  }
}
