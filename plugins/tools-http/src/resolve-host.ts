import { Resolver } from 'node:dns/promises';
import { raceSignal } from '@tiercel/kernel';
import type { Failure } from './failure.js';

/** All addresses of a host; none if there is no such host. */
export type ResolveHost = (hostname: string, signal: AbortSignal) => Promise<readonly string[] | Failure>;

const TRY_MS = 2_000;

/** Says that there is nothing, and not that something went wrong. */
const absences = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Asks name servers, those of the machine if none are given. Unlike `dns.lookup` it never takes one of the few threads that
 * files are read with; so names that only `/etc/hosts` knows are not found.
 */
export function createResolveHost(nameServers: readonly string[]): ResolveHost {
  return async (hostname, signal) => {
    const resolver = new Resolver({ timeout: TRY_MS, tries: 2 });
    if (nameServers.length > 0) resolver.setServers(nameServers);
    const both = Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    try {
      const answers = await raceSignal(both, signal);
      const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      const codes = answers.flatMap((answer) => (answer.status === 'rejected' ? codeOf(answer.reason) : []));
      const failure = codes.find((code) => !absences.has(code));
      if (found.length > 0 || failure === undefined) return found;
      return { finding: `the name servers do not tell where its host is (${failure})` };
    } finally {
      if (signal.aborted) resolver.cancel();
    }
  };
}

/** Whether a text is an address of a name server, with or without a port. */
export function isNameServer(text: string): boolean {
  try {
    new Resolver().setServers([text]);
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string {
  const { code } = Object(error) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'unknown cause';
}
