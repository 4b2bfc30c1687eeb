import type { Discovery } from '@tiercel/capabilities/discovery';
import type { LanguageModelEvent, ModelRequest } from '@tiercel/capabilities/language-model';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import type { Releasable } from '@tiercel/kernel';
import { openRemoteModel, type RemoteModelSettings } from '../open-remote-model.js';
import type { RemoteLanguageModel } from '../remote-language-model.js';
import { TestClock } from './test-clock.js';

/** The plugin's defaults. */
const SETTINGS: RemoteModelSettings = {
  url: '',
  service: ['llm'],
  model: '',
  apiKey: '',
  concurrency: 4,
  queue: 32,
  queueTimeoutMs: 30_000,
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 15_000,
  firstContentTimeoutMs: 120_000,
  idleTimeoutMs: 60_000,
  totalTimeoutMs: 300_000,
  retries: 2,
  longestRetryAfterMs: 60_000,
  contextTokens: 0,
  tools: 'auto',
  responseSchema: 'auto',
  reusesPrefix: 'auto',
  fields: {},
};

export const HELLO: ModelRequest = { messages: [{ role: 'user', text: 'Is the lighthouse lit?' }] };

export interface TestModel extends AsyncDisposable {
  readonly model: RemoteLanguageModel;
  readonly clock: TestClock;
  readonly log: FakeLog;
  readonly metrics: FakeMetrics;
  /** What the plugin told of its health, oldest first; `ready` for none. */
  readonly health: readonly string[];
  facts(): Readonly<Record<string, unknown>>;
}

export interface TestModelOptions {
  readonly discovery?: Discovery;
  readonly random?: () => number;
  readonly clock?: TestClock;
}

/** A model on a clock that stands still. Chance always takes the same side, so pauses are half of what they may be. */
export async function openTestModel(
  settings: Partial<RemoteModelSettings>,
  { discovery, random = () => 0.5, clock = new TestClock() }: TestModelOptions = {},
): Promise<TestModel> {
  const log = new FakeLog();
  const metrics = new FakeMetrics();
  const health: string[] = [];
  const owned: Releasable[] = [];
  let read: () => Readonly<Record<string, unknown>> = () => ({});
  const release = async () => {
    for (const resource of owned.splice(0).reverse()) await releaseOne(resource);
  };
  try {
    const model = await openRemoteModel(
      { name: 'llm-remote', config: { ...SETTINGS, ...settings }, log, clock, discovery, metrics, random },
      {
        signal: new AbortController().signal,
        health: {
          degraded: (reason) => health.push(reason),
          ready: () => health.push('ready'),
          facts: (given) => {
            read = given;
          },
        },
        own: (resource) => {
          owned.push(resource);
          return resource;
        },
      },
    );
    return { model, clock, log, metrics, health, facts: () => read(), [Symbol.asyncDispose]: release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function releaseOne(resource: Releasable): Promise<void> {
  if (typeof resource === 'function') await resource();
  else if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
  else resource[Symbol.dispose]();
}

export async function collect(events: AsyncIterable<LanguageModelEvent>): Promise<LanguageModelEvent[]> {
  const list: LanguageModelEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

export function textIn(events: readonly LanguageModelEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
}

/** How a call ended: what it said, and the error if it failed. */
export async function outcomeOf(events: AsyncIterable<LanguageModelEvent>): Promise<{
  readonly events: readonly LanguageModelEvent[];
  readonly text: string;
  readonly error: unknown;
}> {
  const seen: LanguageModelEvent[] = [];
  try {
    for await (const event of events) seen.push(event);
  } catch (error) {
    return { events: seen, text: textIn(seen), error };
  }
  return { events: seen, text: textIn(seen), error: undefined };
}
