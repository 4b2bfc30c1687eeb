import type { Router } from 'express';
import { GatewayError } from '../errors.js';

/** Mount it behind the routes of `paths`: it tells which methods those take. */
export function refuseOthers(router: Router, allowed: readonly string[], paths: readonly string[]): void {
  router.all([...paths], () => {
    throw new GatewayError('GATEWAY_METHOD_WRONG', { allowed });
  });
}
