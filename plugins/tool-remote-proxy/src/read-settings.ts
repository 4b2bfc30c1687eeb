import type { ToolPolicy } from '@tiercel/capabilities/tool-provider';
import { ToolServerError } from './errors.js';
import { parseServerUrl } from './server-url.js';

export interface GivenSettings {
  readonly url: string;
  readonly apiKey: string;
  readonly prefix: string;
  readonly only: readonly string[];
  readonly except: readonly string[];
  readonly policy: Readonly<Record<string, unknown>>;
}

export interface Settings {
  /** Absent: discovery tells. */
  readonly url: URL | undefined;
  /** Empty: none is sent. */
  readonly apiKey: string;
  isWanted(name: string): boolean;
  policyOf(name: string): ToolPolicy | undefined;
}

/** Checks what is configured, and tells everything that is wrong with it at once. */
export function readSettings(given: GivenSettings): Settings {
  const { prefix, only, except, policy } = given;
  const [apiKey = ''] = given.apiKey.split(',', 1);
  const url = given.url === '' ? undefined : parseServerUrl(given.url);
  const findings: string[] = [];
  if (url && 'finding' in url) findings.push(url.finding);
  // Only these can stand in a header; the key itself is never repeated.
  if (!/^[\x21-\x7e]*$/.test(apiKey)) findings.push('apiKey holds a character that no key has');
  if (!/^([a-z][a-z0-9_]{0,31})?$/.test(prefix))
    findings.push('prefix is not lower case with underscores, at most 32 characters');
  const policies = new Map<string, ToolPolicy>();
  for (const [name, value] of Object.entries(policy)) {
    if (value === 'allow' || value === 'ask' || value === 'deny') policies.set(name, value);
    else findings.push(`policy of ${name} is not allow, ask or deny`);
  }
  if (findings.length > 0) throw new ToolServerError('TOOL_SERVER_CONFIG_INVALID', { findings });
  return {
    url: url instanceof URL ? url : undefined,
    apiKey,
    isWanted: (name) => (only.length === 0 || only.includes(name)) && !except.includes(name),
    policyOf: (name) => policies.get(name) ?? policies.get('*'),
  };
}
