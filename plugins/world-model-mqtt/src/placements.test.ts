import { afterAll, beforeAll, describe } from '@jest/globals';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { describeWorldModelContract } from '@tiercel/capabilities/world-model/testing';
import { boot, type Node, supply } from '@tiercel/kernel';
import { describeInEveryPlacement, describeWithMosquitto, type PlacementUnderTest } from '@tiercel/testkit';
import { Mosquitto } from '@tiercel/testkit/mosquitto';
import { EdgeSuite, untilDecided } from './edge/edge.test.support.js';
import worldModelMqtt from './index.js';

describeWithMosquitto('with Mosquitto', () => {
  const suite = new EdgeSuite();
  let broker: Mosquitto;
  beforeAll(async () => {
    // Otherwise each way there and back takes 40 ms, as Mosquitto waits for more to send.
    broker = await Mosquitto.start({ config: ['set_tcp_nodelay true'] });
    await suite.start(broker.port);
  });
  afterAll(async () => {
    await suite[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
  });

  describeEdge('world-model-mqtt', suite, ['inline', 'inline-with-faults', 'process', 'process-after-kill']);
});

describe('with the embedded broker', () => {
  const suite = new EdgeSuite();
  let broker: Node;
  beforeAll(async () => {
    broker = await boot({
      manifest: {
        tier: 'test',
        plugins: {
          'clock-system': null,
          log: { use: '@tiercel/log' },
          'broker-embedded': { config: { port: 0 } },
        },
      },
      plugins: [supply('@tiercel/log', Log, new FakeLog())],
      environment: {},
    });
    const { plugins } = broker.describe();
    const facts = plugins.find(({ plugin }) => plugin === 'broker-embedded')?.facts;
    await suite.start(Number(new URL(String(facts?.['url'])).port));
  });
  afterAll(async () => {
    await suite[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
  });

  // What an edge makes of faults does not hang on the broker.
  describeEdge('world-model-mqtt', suite, ['inline', 'process']);
});

function describeEdge(title: string, suite: EdgeSuite, placements: readonly PlacementUnderTest[]): void {
  describeInEveryPlacement(
    title,
    {
      capability: WorldModel,
      plugin: worldModelMqtt,
      config: () => suite.config,
      plugins: [supply('@tiercel/log', Log, new FakeLog())],
      beside: { 'clock-system': null },
      perTest: true,
      placements,
    },
    (name, open) =>
      describeWorldModelContract(
        name,
        async () => {
          await suite.startCore();
          const opened = await open();
          await untilDecided(opened.provider);
          const close = async () => {
            await opened.close();
            await suite.stopCores();
          };
          return { ...opened, close };
        },
        { hasTime: false },
      ),
  );
}
