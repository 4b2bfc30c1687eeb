import { defineCapability } from '@tiercel/kernel';

/** A capability is a contract: an interface and a token of the same name. */
export interface Greeter {
  /** A greeting for `name`, one sentence. */
  greet(name: string): Promise<string>;
}

export const Greeter = defineCapability<Greeter>()({
  id: 'greeter',
  version: '1.0.0',
  methods: { greet: 'unary' },
});
