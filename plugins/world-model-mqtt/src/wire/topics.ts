import { isNodeName } from './node-name.js';

export type ParsedTopic =
  | { readonly type: 'state'; readonly key: string }
  | { readonly type: 'observe' | 'reply' | 'status'; readonly node: string };

/** Topics below one prefix (`MQTT_PREFIX`). */
export class Topics {
  readonly prefix: string;
  readonly allStates: string;
  readonly allObserves: string;
  readonly allStatuses: string;

  constructor(prefix: string) {
    this.prefix = prefix;
    this.allStates = `${prefix}/state/#`;
    this.allObserves = `${prefix}/node/+/observe`;
    this.allStatuses = `${prefix}/node/+/status`;
  }

  state(key: string): string {
    return `${this.prefix}/state/${key}`;
  }

  observe(node: string): string {
    return `${this.prefix}/node/${node}/observe`;
  }

  reply(node: string): string {
    return `${this.prefix}/node/${node}/reply`;
  }

  status(node: string): string {
    return `${this.prefix}/node/${node}/status`;
  }

  /** Whether a topic is ours, understood or not. */
  owns(topic: string): boolean {
    return topic === this.prefix || topic.startsWith(`${this.prefix}/`);
  }

  /** What a topic of ours stands for. The key is what stands there: whether it may be one is for its reader to say. */
  parse(topic: string): ParsedTopic | undefined {
    if (!topic.startsWith(`${this.prefix}/`)) return undefined;
    const rest = topic.slice(this.prefix.length + 1);
    if (rest.startsWith('state/')) return { type: 'state', key: rest.slice('state/'.length) };
    const [branch, node, type, ...more] = rest.split('/');
    if (branch !== 'node' || more.length > 0 || !isNodeName(node)) return undefined;
    if (type === 'observe' || type === 'reply' || type === 'status') return { type, node };
    return undefined;
  }
}

const prefixPattern = /^[A-Za-z0-9_.:@-]+(\/[A-Za-z0-9_.:@-]+)*$/;
const PREFIX_LENGTH = 100;

/** Why a text cannot be the prefix of our topics. */
export function findInPrefix(prefix: string): string | undefined {
  if (prefix.length > PREFIX_LENGTH) return `it is longer than ${PREFIX_LENGTH} characters`;
  if (!prefixPattern.test(prefix)) return 'it is not words of A-Z a-z 0-9 _ . : @ - joined by "/"';
  return undefined;
}
