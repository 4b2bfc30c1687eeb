import { GatewayError } from '../errors.js';

export interface RunToolRequest {
  readonly tool: string;
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const fields = ['tool', 'method', 'args'];

export function parseRunToolRequest(body: unknown): RunToolRequest {
  if (!isObject(body)) throw invalid('the body is not an object');
  const { tool, method, args = {} } = body;
  if (typeof tool !== 'string') throw invalid('"tool" is not text');
  if (typeof method !== 'string') throw invalid('"method" is not text');
  if (!isObject(args)) throw invalid('"args" is not an object; arguments have names');
  if (Object.keys(body).some((key) => !fields.includes(key))) throw invalid('the body has an unknown field');
  return { tool, method, args };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(finding: string) {
  return new GatewayError('GATEWAY_REQUEST_INVALID', { findings: [finding] });
}
