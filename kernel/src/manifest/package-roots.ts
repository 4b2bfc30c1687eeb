import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** From where the packages that a manifest names are looked up: its own folder, the working directory, the kernel's home. */
export function packageRoots(directory: string): readonly string[] {
  return [directory, process.cwd(), path.dirname(fileURLToPath(import.meta.url))];
}
