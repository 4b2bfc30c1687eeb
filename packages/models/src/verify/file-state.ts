import type { BigIntStats } from 'node:fs';

/** What changes whenever a file is written, replaced or touched. The change time cannot be set by programs. */
export interface FileState {
  readonly sizeBytes: number;
  readonly device: string;
  readonly inode: string;
  readonly modifiedNs: string;
  readonly changedNs: string;
}

export function fileState(stats: BigIntStats): FileState {
  return {
    sizeBytes: Number(stats.size),
    device: String(stats.dev),
    inode: String(stats.ino),
    modifiedNs: String(stats.mtimeNs),
    changedNs: String(stats.ctimeNs),
  };
}

export function isSameState(a: FileState, b: FileState): boolean {
  return (
    a.sizeBytes === b.sizeBytes &&
    a.device === b.device &&
    a.inode === b.inode &&
    a.modifiedNs === b.modifiedNs &&
    a.changedNs === b.changedNs
  );
}
