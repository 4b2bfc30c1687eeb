import { defineCapability, definePlugin, provide } from '@tiercel/kernel';
import { Greeter } from './greeter.js';

export interface Doorbell {
  /** Rings for a visitor; returns what the door says. */
  ring(visitor: string): Promise<string>;
}

export const Doorbell = defineCapability<Doorbell>()({
  id: 'doorbell',
  version: '1.0.0',
  methods: { ring: 'unary' },
});

/** Requires `Greeter` without knowing who provides it. `deps.greeter` is typed, and it is up before this setup runs. */
export default definePlugin({
  name: 'doorbell',
  version: '1.0.0',
  provides: { doorbell: provide(Doorbell) },
  requires: { greeter: Greeter },
  setup({ deps, own }) {
    let visitors = 0;
    own(() => console.log(`The doorbell was rung ${visitors} times.`));
    return {
      doorbell: {
        async ring(visitor: string) {
          visitors++;
          return `Ding dong! ${await deps.greeter.greet(visitor)}`;
        },
      },
    };
  },
});
