import { raceSignal } from '@tiercel/kernel';

/** Waits `ms` milliseconds, or less if `signal` aborts meanwhile: whoever is called then answers the abort itself. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await cutShort(waited, signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Settles with `work`, or as soon as `signal` aborts; never rejects. */
export async function cutShort(work: Promise<unknown>, signal?: AbortSignal): Promise<void> {
  await (signal ? raceSignal(work, signal) : work).catch(() => undefined);
}
