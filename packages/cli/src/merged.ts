import type { ManifestData } from '@tiercel/kernel';

type Overlay = Partial<ManifestData>;

/** Two overlays as one; where both speak, the second wins. */
export function merged(first: Overlay, second: Overlay): Overlay {
  const plugins = { ...first.plugins, ...second.plugins };
  const bind = { ...first.bind, ...second.bind };
  return { ...first, ...second, plugins, ...(Object.keys(bind).length > 0 && { bind }) };
}
