import { describe, expect, it } from '@jest/globals';
import { lazy, many, one, optional } from '../plugin/requirement.js';
import { Diary, Greeter, type Greeter as GreeterType, greeter, Oracle } from '../plugins.test.support.js';
import { inject, PluginRegistry } from './registry.js';

function open(plugin = 'lamp', onBuilt: (instance: unknown) => void = () => undefined): PluginRegistry {
  const registry = new PluginRegistry(plugin, onBuilt);
  registry.addDependency(Greeter, greeter);
  registry.addContext('config', { level: 3 });
  return registry;
}

class Store {}

class Front {
  readonly greeter: GreeterType;
  readonly store: Store;

  constructor(@inject(Greeter) hello: GreeterType, @inject(Store) store: Store) {
    this.greeter = hello;
    this.store = store;
  }
}

const thrownBy = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('PluginRegistry', () => {
  it('builds a class from what the plugin requires and from its other classes', () => {
    const front = open().resolve(Front);

    expect(front).toBeInstanceOf(Front);
    expect(front.greeter).toBe(greeter);
    expect(front.store).toBeInstanceOf(Store);
  });

  it('builds each class once', () => {
    const registry = open();

    const store = registry.resolve(Store);

    expect(registry.resolve(Front).store).toBe(store);
    expect(registry.resolve(Front)).toBe(registry.resolve(Front));
  });

  it('shares nothing between two plugins', () => {
    const here = open('here');
    const there = open('there');

    expect(here.resolve(Front)).not.toBe(there.resolve(Front));
    expect(here.resolve(Store)).not.toBe(there.resolve(Store));
  });

  it('injects every form of a requirement and the context', () => {
    class Everything {
      readonly parameters: readonly unknown[];
      constructor(
        @inject(one(Greeter)) a: unknown,
        @inject(optional(Diary)) b: unknown,
        @inject(many(Oracle)) c: unknown,
        @inject(lazy(Oracle)) d: unknown,
        @inject('config') e: unknown,
        @inject('signal') f: unknown,
        @inject('health') g: unknown,
      ) {
        this.parameters = [a, b, c, d, e, f, g];
      }
    }
    const registry = open();
    const later = () => 'later';
    const { signal } = new AbortController();
    const health = { degraded: () => undefined, ready: () => undefined };
    registry.addDependency(optional(Diary), undefined);
    registry.addDependency(many(Oracle), ['first', 'second']);
    registry.addDependency(lazy(Oracle), later);
    registry.addContext('signal', signal);
    registry.addContext('health', health);

    expect(registry.resolve(Everything).parameters).toEqual([
      greeter,
      undefined,
      ['first', 'second'],
      later,
      { level: 3 },
      signal,
      health,
    ]);
  });

  it.each([0, '', false, null, undefined])('hands on a dependency that is %p', (value) => {
    class Holder {
      readonly value: unknown;
      constructor(@inject(Diary) diary: unknown) {
        this.value = diary;
      }
    }
    const registry = open();
    registry.addDependency(Diary, value);

    expect(registry.resolve(Holder).value).toBe(value);
  });

  it('gives a class without a constructor of its own what its parent gets', () => {
    class Child extends Front {}

    const child = open().resolve(Child);

    expect(child).toBeInstanceOf(Child);
    expect(child.greeter).toBe(greeter);
  });

  it('injects a parameter behind one that has a default', () => {
    class Late {
      readonly both: readonly unknown[];
      constructor(@inject('config') config: unknown = {}, @inject(Greeter) hello: unknown = undefined) {
        this.both = [config, hello];
      }
    }

    expect(open().resolve(Late).both).toEqual([{ level: 3 }, greeter]);
  });

  it('tells of every instance it built, once, in the order of building', () => {
    const built: unknown[] = [];
    const registry = open('lamp', (instance) => built.push(instance));

    const front = registry.resolve(Front);
    registry.resolve(Front);

    expect(built).toEqual([front.store, front]);
  });

  it('reports every parameter that nobody can fill, also of inner classes', () => {
    class Inner {
      constructor(
        @inject(Diary) readonly diary: unknown,
        readonly bare: unknown,
      ) {}
    }
    class Outer {
      constructor(
        @inject(many(Greeter)) readonly all: unknown,
        @inject(Inner) readonly inner: unknown,
        @inject(Greeter) readonly hello: unknown,
        readonly last: unknown,
      ) {}
    }

    expect(thrownBy(() => open().resolve(Outer))).toMatchObject({
      code: 'KERNEL_INJECTION_UNKNOWN',
      details: {
        plugin: 'lamp',
        className: 'Outer',
        parameters: [
          'parameter 1 of Outer (tiercel:greeter@1:many) is not required',
          'parameter 1 of Inner (tiercel:diary@1) is not required',
          'parameter 2 of Inner has no @inject',
          'parameter 4 of Outer has no @inject',
        ],
      },
    });
  });

  it('tells of classes that need each other instead of overflowing', () => {
    class Left {
      constructor(readonly right: unknown) {}
    }
    class Right {
      constructor(@inject(Left) readonly left: unknown) {}
    }
    inject(Right)(Left, undefined, 0);

    expect(thrownBy(() => open().resolve(Right))).toMatchObject({
      code: 'KERNEL_INJECTION_UNKNOWN',
      details: { parameters: ['Right needs itself'] },
    });
  });

  it('passes on what a constructor throws', () => {
    class Broken {
      constructor(@inject(Greeter) readonly hello: unknown) {
        throw new RangeError('too bright');
      }
    }

    expect(thrownBy(() => open().resolve(Broken))).toEqual(new RangeError('too bright'));
  });

  it('refuses @inject of nothing when the class is declared', () => {
    expect(thrownBy(() => inject(undefined as never))).toMatchObject({ code: 'KERNEL_REQUIREMENT_INVALID' });
  });
});
