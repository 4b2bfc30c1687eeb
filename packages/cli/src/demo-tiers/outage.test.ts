import { describe, expect, it } from '@jest/globals';
import type { NodeDescription, NodeEvent } from '@tiercel/kernel';
import { Outage, type WatchedNode } from './outage.js';

type State = NodeDescription['plugins'][number]['state'];

/** An edge with a remote and a local model, of which the first can be lost. */
class FakeEdge implements WatchedNode {
  #state: State = 'ready';
  #tell: (event: NodeEvent) => void = () => undefined;

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#tell = listener;
    return () => undefined;
  }

  become(state: State): void {
    this.#state = state;
    this.#tell({ type: 'plugin-state', status: this.#status });
  }

  describe(): NodeDescription {
    const providers = [
      { plugin: 'llm-remote', state: this.#state },
      { plugin: 'llm-local', state: 'ready' as const },
    ];
    const servedBy = this.#state === 'ready' ? 'llm-remote' : 'llm-local';
    const model = { capability: 'language-model', isPromised: true, servedBy, providers };
    return {
      tier: 'edge',
      state: 'ready',
      isReady: true,
      plugins: [{ ...this.#status, placement: 'inline' }],
      capabilities: [model],
      draining: [],
    };
  }

  get #status() {
    return {
      plugin: 'llm-remote',
      package: '@tiercel/llm-remote',
      version: '0.1.0',
      generation: 1,
      state: this.#state,
      sinceMs: 0,
    };
  }
}

const { signal } = new AbortController();

describe('Outage', () => {
  it('measures from the end of the core to the first sign that the edge knows', () => {
    const edge = new FakeEdge();
    const outage = new Outage(edge);

    edge.become('degraded');
    const before = outage.noticeMs;
    outage.begin();
    edge.become('degraded');

    expect(before).toBeNaN();
    expect(outage.noticeMs).toBeGreaterThanOrEqual(0);
  });

  it('takes the end of a turn for a sign, too', () => {
    const outage = new Outage(new FakeEdge());

    outage.begin();
    outage.turnEnded();

    expect(outage.noticeMs).toBeGreaterThanOrEqual(0);
  });

  it('is over when the first choice serves again', async () => {
    const edge = new FakeEdge();
    const outage = new Outage(edge);
    edge.become('degraded');

    const over = outage.untilOver(signal);
    edge.become('ready');
    await over;

    expect(outage.recoverMs).toBeGreaterThanOrEqual(0);
  });

  it('says what is still missing when it does not end', async () => {
    const edge = new FakeEdge();
    const outage = new Outage(edge);
    edge.become('degraded');

    await expect(outage.untilOver(signal, 1)).rejects.toMatchObject({
      code: 'CLI_CORE_NOT_REGAINED',
      message: expect.stringContaining('llm-remote: not ready'),
    });
  });
});
