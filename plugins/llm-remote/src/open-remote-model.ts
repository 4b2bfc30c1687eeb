import type { Clock } from '@tiercel/capabilities/clock';
import type { Discovery } from '@tiercel/capabilities/discovery';
import type { Log } from '@tiercel/capabilities/log';
import type { Metrics } from '@tiercel/capabilities/metrics';
import { childController, type PluginHealth, type Releasable } from '@tiercel/kernel';
import { parseBaseUrl } from './base-url.js';
import { CallMeter } from './call-meter.js';
import { OWN_FIELDS } from './chat-body.js';
import { DiscoveredEndpoints } from './discovered-endpoints.js';
import { EndpointPool } from './endpoint-pool.js';
import { LlmRemoteError } from './errors.js';
import type { CallLimits, Line } from './exchange.js';
import { HttpClient } from './http-client.js';
import { limitTime } from './limit-time.js';
import { FIRST_LOOK_TIMEOUT_MS } from './limits.js';
import { type FeatureSettings, modelFeatures } from './model-features.js';
import { RemoteLanguageModel } from './remote-language-model.js';
import { ServerWatch } from './server-watch.js';

/** As the plugin's configuration has them. */
export interface RemoteModelSettings extends FeatureSettings {
  readonly url: string;
  readonly service: readonly string[];
  readonly apiKey: string;
  readonly concurrency: number;
  readonly queue: number;
  readonly queueTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly firstContentTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly retries: number;
  readonly longestRetryAfterMs: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RemoteModelDeps {
  /** Key of the plugin in the manifest. */
  readonly name: string;
  readonly config: RemoteModelSettings;
  readonly log: Log;
  readonly clock: Clock;
  readonly discovery: Discovery | undefined;
  readonly metrics: Metrics | undefined;
  /** 0 … 1, for choices and pauses. */
  readonly random?: () => number;
}

export interface Surroundings {
  readonly signal: AbortSignal;
  readonly health: PluginHealth;
  own<T extends Releasable>(resource: T): T;
}

/** Builds the model and what keeps its servers known. Servers that are away degrade it; only wrong settings fail. */
export async function openRemoteModel(
  deps: RemoteModelDeps,
  { signal, health, own }: Surroundings,
): Promise<RemoteLanguageModel> {
  const { name, config, log, clock, discovery, metrics, random = Math.random } = deps;
  const bases = addressesIn(config.url);
  const services = bases.length > 0 ? [] : config.service.filter((service) => service !== '');
  if (bases.length === 0 && (!discovery || services.length === 0))
    throw new LlmRemoteError('LLM_REMOTE_SERVER_UNSET', { services });
  checkSettings(config);

  const { got } = await import('got');
  const client = own(new HttpClient(got, { connections: config.concurrency }));
  const line: Line = { client, clock, limits: limitsOf(config), apiKey: config.apiKey };
  const pool = new EndpointPool({ ...config, clock, random }, { line, model: config.model });
  const meter = new CallMeter(metrics, clock, name);
  own(pool.onChange(() => meter.observe(pool)));
  bases.forEach((base, rank) => {
    pool.replace(rank, [{ base }]);
  });
  if (discovery && services.length > 0) {
    const found = own(new DiscoveredEndpoints({ discovery, pool, clock, log }));
    using search = childController(signal);
    using _limit = limitTime(clock, FIRST_LOOK_TIMEOUT_MS, () => search.abort('discovery took too long'));
    await found.open(services, search.signal);
    signal.throwIfAborted();
  }
  await own(new ServerWatch({ pool, clock, health, log })).open(signal);

  health.facts(() => ({ servers: pool.all.map((endpoint) => endpoint.describe()) }));
  const features = modelFeatures(
    config,
    pool.all.flatMap(({ facts }) => facts ?? []),
  );
  const options = { ...config, name, services, features, random, totalMs: config.totalTimeoutMs };
  return own(new RemoteLanguageModel({ line, pool, meter, log }, options));
}

function addressesIn(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== '').map(parseBaseUrl))];
}

function checkSettings({ apiKey, fields }: RemoteModelSettings): void {
  if (!/^[\x21-\x7e]*$/.test(apiKey)) {
    const finding = 'a key has only visible ASCII characters, without spaces';
    throw new LlmRemoteError('LLM_REMOTE_SETTING_INVALID', { setting: 'apiKey', finding });
  }
  const taken = OWN_FIELDS.filter((field) => field in fields);
  if (taken.length > 0) {
    const finding = `${taken.join(', ')} cannot be set from outside`;
    throw new LlmRemoteError('LLM_REMOTE_SETTING_INVALID', { setting: 'fields', finding });
  }
}

function limitsOf(config: RemoteModelSettings): CallLimits {
  return {
    connectMs: config.connectTimeoutMs,
    headersMs: config.headersTimeoutMs,
    firstContentMs: config.firstContentTimeoutMs,
    idleMs: config.idleTimeoutMs,
  };
}
