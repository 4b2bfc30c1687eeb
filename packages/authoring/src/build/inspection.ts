import type { Judgement } from './judge-plugin.js';

/** What the child that imports a module tells about it. */
export interface Inspection extends Judgement {
  readonly nativeFiles: readonly string[];
  readonly running: readonly string[];
  readonly globals: readonly string[];
  readonly listeners: readonly string[];
  /** Why the import failed. */
  readonly failure?: string;
}
