import { Assistant } from '@tiercel/capabilities/assistant';
import { Clock } from '@tiercel/capabilities/clock';
import { ServiceAnnouncer } from '@tiercel/capabilities/discovery';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { Log } from '@tiercel/capabilities/log';
import { Metrics } from '@tiercel/capabilities/metrics';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { definePlugin, many, optional } from '@tiercel/kernel';
import { announceConfig, announceListeners } from './announce.js';
import { gatewayConfig } from './config.js';
import { Gateway } from './gateway.js';
import type { RouteGroup } from './http/route-group.js';
import { AssistantChatModel } from './openai/assistant-chat-model.js';
import { AssistantSessions } from './openai/assistant-sessions.js';
import { createOpenAiGroup } from './openai/openai-group.js';
import { ServedModels } from './openai/served-models.js';
import { LoopWatch } from './ops/loop-watch.js';
import { parseConfig } from './parse-config.js';
import { openToolRoutes } from './tools/tool-routes.js';
import { createWorldGroup } from './world/world-group.js';

export { GatewayError } from './errors.js';

const version = '0.1.0';

export default definePlugin({
  name: '@tiercel/gateway',
  version,
  provides: {},
  requires: {
    log: Log,
    clock: Clock,
    models: many(LanguageModel),
    assistant: optional(Assistant),
    tools: optional(ToolRegistry),
    world: optional(WorldModel),
    metrics: optional(Metrics),
    announcers: many(ServiceAnnouncer),
  },
  config: { ...gatewayConfig, ...announceConfig },
  needs: { memoryMiB: 32 },
  async setup({ deps, config, node, signal, health, own }) {
    const { log, clock, metrics } = deps;
    const settings = parseConfig(config);
    const groups: RouteGroup[] = [];
    if (settings.groups.includes('openai')) {
      const { maxSessions: limit, sessionExpireMs: expireAfterMs } = config;
      const sessions = own(new AssistantSessions({ limit, expireAfterMs, clock }));
      const assistant = deps.assistant && new AssistantChatModel(deps.assistant, sessions, clock);
      const { concurrency, queue: maxWaiting, queueTimeoutMs: timeoutMs, idleTimeoutMs } = config;
      const models = new ServedModels(deps.models, assistant);
      const queue = { concurrency, maxWaiting, timeoutMs };
      groups.push(createOpenAiGroup({ models, queue, idleTimeoutMs, clock, log, metrics }));
    }
    if (settings.groups.includes('tools')) {
      if (deps.tools) {
        const { olderMcpClients } = config;
        groups.push(own(await openToolRoutes({ tools: deps.tools, log, version, olderMcpClients })));
      } else log.info('no tools are served, as this node has no tool registry');
    }
    if (settings.groups.includes('world')) {
      const { world } = deps;
      if (world) groups.push(createWorldGroup({ world, node, clock, maxWatches: config.maxWatches }));
      else log.info('no world model is served, as this node has none');
    }
    const loop = own(new LoopWatch());
    const gateway = own(
      await Gateway.open({ config, settings, groups, loop, node, log, clock, metrics }, signal),
    );
    const { listeners } = gateway;
    health.facts(() => ({ listeners }));
    for (const { url, groups: served } of listeners) log.info('listening', { url, groups: served });
    const { announce } = config;
    own(announceListeners({ announce, announcers: deps.announcers, listeners, version, log, clock }));
    return {};
  },
});
