import { WorldModel } from '@tiercel/capabilities/world-model';
import { describeWorldModelContract } from '@tiercel/capabilities/world-model/testing';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import plugin from './index.js';

describeInEveryPlacement(
  'plugin-name',
  {
    capability: WorldModel,
    plugin: './dist/index.js',
    key: 'plugin-name',
    beside: { 'clock-system': null },
    perTest: true,
    // The suite also tries values that cannot even cross to another process.
    placements: ['inline', 'inline-with-faults'],
  },
  (title, open) => describeWorldModelContract(title, open, { hasTime: false }),
);

// Time is moved here, which only works in the process of whoever moves it.
describeWorldModelContract('plugin-name, over time', async () => {
  const test = await bootTest({ plugins: [plugin] });
  return {
    provider: test.get(WorldModel),
    advance: (ms) => test.fakes.clock.advance(ms),
    close: async () => await test[Symbol.asyncDispose](),
  };
});
