import { describe, expect, it } from '@jest/globals';
import { boot, definePlugin, type Plugin, provide } from '@tiercel/kernel';
import { collect, lost, Oracle, oracle } from './oracles.test.support.js';

function oraclePlugin(name: string, provider: Oracle): Plugin {
  return definePlugin({
    name: `@acme/${name}`,
    version: '1.0.0',
    provides: { oracle: provide(Oracle) },
    setup: () => ({ oracle: provider }),
  });
}

describe('a capability that is composed of the first that starts', () => {
  it('is served by the next plugin while one is down, and the node tells so', async () => {
    let isDown = false;
    const ask = async () => {
      if (isDown) throw lost('delphi');
      return 'delphi';
    };
    await using node = await boot({
      manifest: {
        tier: 'test',
        plugins: { delphi: { use: '@acme/delphi' }, dodona: { use: '@acme/dodona' } },
        bind: { oracle: ['delphi', 'dodona'] },
      },
      plugins: [oraclePlugin('delphi', oracle('delphi', { ask })), oraclePlugin('dodona', oracle('dodona'))],
      environment: {},
      machine: null,
    });
    const provider = node.get(Oracle);
    const well = [await provider.ask('why'), node.describe().capabilities[0]?.servedBy];

    isDown = true;
    for (let count = 0; count < 3; count++) await provider.ask('why');
    const [capability] = node.describe().capabilities;

    expect(well).toEqual(['delphi', 'delphi']);
    expect(await collect(provider.speak(1))).toEqual(['dodona 0']);
    expect(capability).toMatchObject({
      servedBy: 'dodona',
      degraded: 'delphi is passed over: Plugin delphi lost its process.',
      providers: [
        { plugin: 'delphi', state: 'ready', circuit: { state: 'open', failures: 3 } },
        { plugin: 'dodona', circuit: { state: 'closed', failures: 0 } },
      ],
    });
  });
});
