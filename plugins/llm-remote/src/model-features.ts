import type { LanguageModelFeatures } from '@tiercel/capabilities/language-model';
import type { ServerFacts } from './server-facts.js';

export interface FeatureSettings {
  /** Empty: the first that a server lists. */
  readonly model: string;
  /** 0: what the servers say. */
  readonly contextTokens: number;
  readonly tools: 'auto' | 'native' | 'none';
  readonly responseSchema: 'auto' | 'native' | 'none';
  readonly reusesPrefix: 'auto' | 'yes' | 'no';
}

/** Where nobody says it: what small servers take by default, and cut prompts to without a word. */
const DEFAULT_CONTEXT_TOKENS = 4096;

/** What holds for every server that is known while the plugin starts. It stays so: callers plan with it. */
export function modelFeatures(
  settings: FeatureSettings,
  known: readonly ServerFacts[],
): LanguageModelFeatures {
  const contexts = known.flatMap(({ contextTokens }) => contextTokens ?? []);
  const isToolless = known.some(({ canCallTools }) => canCallTools === false);
  const isSchemaless = known.some(({ takesSchemas }) => takesSchemas === false);
  const reuses = known.length > 0 && known.every(({ reusesPrefix }) => reusesPrefix === true);
  return {
    model: settings.model || (known.flatMap(({ models }) => models)[0] ?? 'remote'),
    contextTokens:
      settings.contextTokens || (contexts.length > 0 ? Math.min(...contexts) : DEFAULT_CONTEXT_TOKENS),
    tools: settings.tools === 'auto' ? (isToolless ? 'none' : 'native') : settings.tools,
    responseSchema:
      settings.responseSchema === 'auto' ? (isSchemaless ? 'none' : 'native') : settings.responseSchema,
    reusesPrefix: settings.reusesPrefix === 'auto' ? reuses : settings.reusesPrefix === 'yes',
  };
}
