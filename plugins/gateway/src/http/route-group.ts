import type { Router } from 'express';
import type { Failure } from './failure.js';

/** An answer with an error status. */
export interface FailureAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: unknown;
}

/**
 * Routes that belong together: they share keys, rate limits and the shape of their errors. What reaches `router` has passed
 * Host check, Origin check, authentication and rate limit; its body has not been read. `contextOf(request)` tells who asks.
 * A handler that throws, or calls `next(error)`, is answered with `render`.
 */
export interface RouteGroup {
  readonly name: 'openai' | 'tools' | 'world';
  /** Each with everything below it; only these reach `router`. Where another group has a longer one, that counts. */
  readonly paths: readonly string[];
  /** How clients of this group expect to be told. Default: `{"detail","code","id"}`. */
  render?(failure: Failure, path: string): FailureAnswer;
  /** Adds the routes, with their full paths. A trailing slash is answered in both spellings. */
  mount(router: Router): void;
  /** Adds routes that need no key and outrank those of operation. Called only where the group has a listener for itself. */
  mountOpen?(router: Router, access: { isDraining(): boolean }): void;
}

export function hasPath(group: Pick<RouteGroup, 'paths'>, path: string): boolean {
  return lengthOfMatch(group, path) > 0;
}

/** The one with the longest path that matches. */
export function findEntry<T extends { readonly group: RouteGroup }>(
  entries: readonly T[],
  path: string,
): T | undefined {
  let [found, longest]: [T | undefined, number] = [undefined, 0];
  for (const entry of entries) {
    const length = lengthOfMatch(entry.group, path);
    if (length > longest) [found, longest] = [entry, length];
  }
  return found;
}

function lengthOfMatch({ paths }: Pick<RouteGroup, 'paths'>, path: string): number {
  return Math.max(0, ...paths.filter((prefix) => isBelow(path, prefix)).map(({ length }) => length));
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}
