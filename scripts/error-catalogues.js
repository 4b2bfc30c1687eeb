// Finds every error catalogue of the project in the built packages.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, sources, workspaces } from './workspace.js';

/** `{ package, file, name, codes: [{ code, text, fix?, retryable }] }`, one per catalogue. */
export async function errorCatalogues() {
  const catalogues = [];
  for (const { folder, manifest } of workspaces()) {
    for (const source of sources(folder, /^(errors|problems)\.ts$/)) {
      const built = path.join(root, source.replace('/src/', '/dist/').replace(/\.ts$/, '.js'));
      if (!existsSync(built)) continue;
      for (const [name, value] of Object.entries(await import(pathToFileURL(built).href))) {
        const codes = codesOf(value);
        if (codes) catalogues.push({ package: manifest.name, file: source, name, codes });
      }
    }
  }
  return catalogues;
}

function codesOf(value) {
  if (typeof value === 'function' && value.messages) {
    return Object.entries(value.messages).map(([code, write]) => ({
      code,
      text: String(write(placeholders())),
      retryable: value.retryable.has(code),
    }));
  }
  if (
    value &&
    typeof value === 'object' &&
    Object.values(value).every((entry) => typeof entry === 'function')
  ) {
    return Object.entries(value).map(([code, write]) => {
      const { message, fix } = write(placeholders());
      return { code, text: String(message), fix: String(fix), retryable: false };
    });
  }
  return undefined;
}

/** Details that print as `‹name›` whatever a message does with them. */
function placeholders() {
  const named = (name) =>
    new Proxy(() => undefined, {
      get: (_target, key) => {
        if (key === Symbol.toPrimitive || key === 'toString' || key === 'toJSON') return () => `‹${name}›`;
        if (key === Symbol.iterator)
          return function* () {
            yield `‹${name}›`;
          };
        if (key === 'length') return 1;
        if (key === 'join') return () => `‹${name}›`;
        if (['map', 'filter', 'slice', 'sort'].includes(String(key))) return () => named(name);
        return named(name);
      },
      apply: () => named(name),
    });
  return new Proxy({}, { get: (_target, key) => named(String(key)) });
}
