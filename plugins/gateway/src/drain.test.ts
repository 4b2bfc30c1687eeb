import { describe, expect, it } from '@jest/globals';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { chatBody, openRaw, postChat, rawRequest, serveGateway, until } from './gateway.test.support.js';

const rawChat = rawRequest('POST /v1/chat/completions', {}, JSON.stringify(chatBody({ stream: true })));

function hangingModel() {
  let finish: (value?: undefined) => void = () => undefined;
  const until = new Promise<undefined>((resolve) => {
    finish = resolve;
  });
  return { finish: () => finish(), model: new FakeLanguageModel({ replies: [{ text: 'one two', until }] }) };
}

describe('A gateway that stops', () => {
  it('finishes what it is answering, and sends everybody else away', async () => {
    const { model, finish } = hangingModel();
    await using served = await serveGateway({ models: { llm: model } });
    await using raw = await openRaw(served.port);
    raw.send(rawChat);
    await raw.until('"content":"one "');

    const stopping = served.stop();
    await until(async () => !(await fetch(`${served.url}/health`)).ok);
    const refused = await postChat(served.url, chatBody());
    const ready = await fetch(`${served.url}/readyz`);
    const health = await fetch(`${served.url}/health`);
    finish();
    const text = await raw.untilClosed();
    await stopping;

    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { type: 'server_error', code: 'GATEWAY_DRAINING' } });
    expect(refused.headers.get('Retry-After')).not.toBeNull();
    expect(refused.headers.get('Connection')).toBe('close');
    expect([ready.status, await ready.json()]).toEqual([
      503,
      expect.objectContaining({ status: 'draining' }),
    ]);
    expect([health.status, await health.json()]).toEqual([503, { status: 'draining' }]);
    expect(text).toContain('[DONE]');
    await expect(fetch(`${served.url}/livez`)).rejects.toThrow();
  });

  it('ends what takes too long with an error that says why', async () => {
    const { model } = hangingModel();
    await using served = await serveGateway({ models: { llm: model }, config: { drainTimeoutMs: 800 } });
    await using raw = await openRaw(served.port);
    raw.send(rawChat);
    await raw.until('"content":"one "');

    const stopping = served.stop();
    await until(async () => !(await fetch(`${served.url}/health`)).ok);
    await served.clock.advance(800);
    const text = await raw.untilClosed();
    await stopping;

    expect(text).toContain('"code":"GATEWAY_DRAINING"');
    expect(text).not.toContain('[DONE]');
    expect(model.running).toBe(0);
  });

  it('closes at once when nothing is being answered, whatever connections are open', async () => {
    await using served = await serveGateway();
    await using idle = await openRaw(served.port);
    await using slow = await openRaw(served.port);
    slow.send('GET /livez HTTP/1.1\r\nHost: ');

    await served.stop();

    expect(await idle.untilClosed()).toBe('');
    expect(await slow.untilClosed()).toBe('');
  });
});
