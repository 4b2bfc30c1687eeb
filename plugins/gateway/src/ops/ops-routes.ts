import type { Clock } from '@tiercel/capabilities/clock';
import type { Metrics } from '@tiercel/capabilities/metrics';
import type { NodeDescription, NodeView } from '@tiercel/kernel';
import type { Router } from 'express';
import { GatewayError } from '../errors.js';
import type { OpsAccess } from '../http/create-app.js';
import { contextOf } from '../http/request-context.js';
import { within } from '../within.js';
import type { LoopWatch } from './loop-watch.js';
import { readinessOf, takesWork } from './readiness.js';

const ANSWER_TIMEOUT_MS = 2_000;

export interface OpsOptions {
  readonly node: NodeView;
  readonly loop: Pick<LoopWatch, 'isTurning'>;
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
}

/** Liveness, readiness and metrics: what schedulers, load balancers and dashboards ask. Never rate limited. */
export function mountOps(
  router: Router,
  access: OpsAccess,
  { node, loop, metrics, clock }: OpsOptions,
): void {
  const late = () => new GatewayError('GATEWAY_NODE_SILENT', { waitedMs: ANSWER_TIMEOUT_MS });
  const inTime = <T>(answer: Promise<T>, signal: AbortSignal) =>
    within(answer, { ms: ANSWER_TIMEOUT_MS, clock, signal, late });
  const describe = (signal: AbortSignal) => inTime(node.describe(), signal);

  router.get('/livez', (_request, response) => {
    response
      .status(loop.isTurning ? 200 : 503)
      .type('text')
      .send(loop.isTurning ? 'ok' : 'late');
  });

  router.get('/readyz', async (request, response) => {
    const description = await describe(contextOf(request).signal);
    const status = readinessOf(description, access.isDraining());
    const isKnown = !access.hasKeys || access.isKnown(request);
    response.status(takesWork(status) ? 200 : 503).json({ status, ...(isKnown && details(description)) });
  });

  router.get('/health', async (request, response) => {
    const status = readinessOf(await describe(contextOf(request).signal), access.isDraining());
    response.status(takesWork(status) ? 200 : 503).json({ status: takesWork(status) ? 'ok' : status });
  });

  router.get('/metrics', async (request, response) => {
    if (!access.isLoopback && !access.isKnown(request)) throw new GatewayError('GATEWAY_KEY_MISSING', {});
    if (!metrics) throw new GatewayError('GATEWAY_ROUTE_UNKNOWN', {});
    const { contentType, text } = await inTime(metrics.expose(), contextOf(request).signal);
    response.setHeader('Content-Type', contentType);
    response.end(text);
  });
}

function details({ tier, plugins }: NodeDescription) {
  return {
    tier,
    plugins: plugins.map(({ plugin, state, reason }) => ({
      name: plugin,
      state,
      ...(reason !== undefined && { reason }),
    })),
  };
}
