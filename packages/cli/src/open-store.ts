import type { LocalModelStore } from '@tiercel/models';
import type { Terminal } from './terminal.js';
import { flagOf } from './variables.js';

/** The same store as `model-store-local` opens for a node with default configuration. */
export async function openStore({ environment }: Pick<Terminal, 'environment'>): Promise<LocalModelStore> {
  const { openModelStore } = await import('@tiercel/models');
  const { MODELS_DIR, MODELS_HOSTS = '' } = environment;
  const hosts = MODELS_HOSTS.split(',')
    .map((host) => host.trim())
    .filter(Boolean);
  return openModelStore({
    directory: MODELS_DIR || undefined,
    isOffline: flagOf(environment, 'MODELS_OFFLINE'),
    hosts,
  });
}
