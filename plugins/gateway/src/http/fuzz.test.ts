import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import fc from 'fast-check';
import {
  chatBody,
  openRaw,
  rawRequest,
  type ServedGateway,
  serveGateway,
  until,
} from '../gateway.test.support.js';
import { sha256 } from './key-ring.js';

const whole = Buffer.from(
  rawRequest(
    'POST /v1/chat/completions',
    { Authorization: 'Bearer any', Connection: 'close', 'X-Request-Id': 'req-1' },
    JSON.stringify(chatBody()),
  ),
);

describe('A listener that gets damaged requests', () => {
  let served: ServedGateway;

  beforeAll(async () => {
    served = await serveGateway({
      models: { llm: new FakeLanguageModel() },
      config: { apiKeys: [sha256('any').toString('hex')], headersTimeoutMs: 400, requestTimeoutMs: 400 },
    });
  });
  afterAll(async () => await served[Symbol.asyncDispose]());

  const statusesAfter = async (bytes: Buffer): Promise<readonly number[]> => {
    await using raw = await openRaw(served.port);
    raw.send(bytes);
    raw.socket.end();
    const text = await raw.untilClosed();
    return [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
  };

  it('answers one of them with the fault of the client, or as it was, and lives on', async () => {
    const damage = fc.record({
      position: fc.nat(whole.length - 1),
      removed: fc.nat(20),
      inserted: fc.uint8Array({ maxLength: 20 }),
    });

    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
        const bytes = damages.reduce(
          (before, { position, removed, inserted }) =>
            Buffer.concat([before.subarray(0, position), inserted, before.subarray(position + removed)]),
          whole,
        );

        for (const status of await statusesAfter(bytes)) {
          expect(status).toBeGreaterThanOrEqual(200);
          expect(status).toBeLessThan(500);
        }
      }),
      { numRuns: 150 },
    );

    const livez = Buffer.from(rawRequest('GET /livez', { Connection: 'close' }));
    // 408 where the machine took longer to send it than the listener waits.
    await until(async () => (await statusesAfter(livez))[0] === 200);
    expect(served.log.messages('warn')).toEqual([]);
  });
});
