import type { ModelUsage } from '@tiercel/capabilities/language-model';

/** What several requests of one call cost together. */
export function addUsage(first: ModelUsage | undefined, second: ModelUsage): ModelUsage {
  if (!first) return second;
  const { reasoningTokens: reasoned = 0, timings: times } = first;
  const { reasoningTokens = 0, timings } = second;
  const add = (a = 0, b = 0) => a + b;
  return {
    inputTokens: first.inputTokens + second.inputTokens,
    cachedTokens: first.cachedTokens + second.cachedTokens,
    outputTokens: first.outputTokens + second.outputTokens,
    ...(reasoned + reasoningTokens > 0 && { reasoningTokens: reasoned + reasoningTokens }),
    isEstimated: first.isEstimated || second.isEstimated,
    ...((times || timings) && {
      timings: {
        queueMs: add(times?.queueMs, timings?.queueMs),
        prefillMs: add(times?.prefillMs, timings?.prefillMs),
        decodeMs: add(times?.decodeMs, timings?.decodeMs),
      },
    }),
  };
}
