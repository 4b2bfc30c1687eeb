import { definePlugin, provide } from '@tiercel/kernel';
import { Greeter } from './greeter.js';

/** Provides `Greeter`. What it says follows from its configuration, which the manifest or the environment sets. */
export default definePlugin({
  name: 'polite-greeter',
  version: '1.0.0',
  provides: { greeter: provide(Greeter) },
  config: {
    salutation: {
      doc: 'First word of each greeting',
      format: String,
      default: 'Good day',
      env: 'SALUTATION',
    },
  },
  setup: ({ config }) => ({
    greeter: { greet: async (name: string) => `${config.salutation}, ${name}.` },
  }),
});
