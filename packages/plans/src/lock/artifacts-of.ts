import type { PlannedPlugin } from '@tiercel/kernel';
import { settingsOf } from '../settings.js';

/** Files outside a package that a configuration key gives the name of. */
export interface ArtifactRef {
  /** Manifest key of the plugin. */
  readonly plugin: string;
  /** The configuration key. */
  readonly key: string;
  /** What the key says its value is the name of (`names`), such as `model`. */
  readonly kind: string;
  readonly name: string;
}

/** The artifacts that a plugin uses. Which keys name one is declared, never guessed; an empty value names nothing. */
export function artifactsOf(planned: PlannedPlugin): readonly ArtifactRef[] {
  const { key: plugin, declaration, config } = planned;
  return settingsOf(planned).flatMap(({ key, isSecret }): ArtifactRef[] => {
    const kind = declaration.config[key]?.names;
    const name = config[key];
    if (kind === undefined || isSecret || typeof name !== 'string' || name === '') return [];
    return [{ plugin, key, kind, name }];
  });
}
