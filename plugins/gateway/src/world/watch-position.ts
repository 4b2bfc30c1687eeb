/** Up to where a client knows the world model. */
export interface WatchPosition {
  /** Undefined where it does not say: then it means the one of now. */
  readonly epoch: string | undefined;
  readonly revision: number;
}

/** Reads a revision, or what the stream gives as `id`: `<epoch>:<revision>`. */
export function parseWatchPosition(text: string): WatchPosition | undefined {
  const [, epoch, digits] = /^(?:([^\s:]{1,128}):)?(\d{1,16})$/.exec(text) ?? [];
  const revision = Number(digits);
  return Number.isSafeInteger(revision) ? { epoch, revision } : undefined;
}

export function writeWatchPosition(epoch: string, revision: number): string {
  return `${epoch}:${revision}`;
}
