import type { MethodShape } from '@tiercel/kernel';
import type { Link } from './connection.js';

type Facts = Readonly<Record<string, unknown>>;

/**
 * An object that passes calls on to a provider in another process. Members that are `local` are left out: they cannot.
 * @param facts what is known of the provider's facts now
 */
export function createProxy(
  target: string,
  methods: Readonly<Record<string, MethodShape>>,
  link: Link,
  facts: () => Facts | undefined,
): object {
  const proxy = {};
  const define = (member: string, value: (...args: unknown[]) => unknown) =>
    Object.defineProperty(proxy, member, { enumerable: true, value });
  for (const [member, shape] of Object.entries(methods)) {
    switch (shape) {
      case 'unary':
        define(member, (...args) => link.call(target, member, args, false));
        break;
      case 'stream-in':
        define(member, (...args) => link.call(target, member, args, true));
        break;
      case 'stream-out':
        define(member, (...args) => link.stream(target, member, args, false));
        break;
      case 'duplex':
        define(member, (...args) => link.stream(target, member, args, true));
        break;
      case 'notify':
        define(member, (...args) => link.notify(target, member, args));
        break;
      case 'fact':
        Object.defineProperty(proxy, member, { enumerable: true, get: () => facts()?.[member] });
        break;
      case 'local':
        break;
      default:
        shape satisfies never;
    }
  }
  return proxy;
}

/** Reads the facts of a provider. */
export function readFacts(provider: object, methods: Readonly<Record<string, MethodShape>>): Facts {
  const members = Object.keys(methods).filter((member) => methods[member] === 'fact');
  return Object.fromEntries(members.map((member) => [member, (provider as Facts)[member]]));
}
