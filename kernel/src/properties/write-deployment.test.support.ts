/** Writes the manifests of a deployment, and knows where everything stands in them. */
import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadManifest, type ManifestData } from '../manifest/load-manifest.js';
import type { Manifest } from '../manifest/manifest.js';
import { manifestOf } from '../plugins.test.support.js';
import type { Choices } from './choices.test.support.js';
import type { Deployment, Entry } from './deployment.test.support.js';
import { type Doc, type DocMap, type DocPath, isMap, writeYaml } from './documents.test.support.js';

/** The manifests of a deployment, the lowest first: each is laid over those before it. */
export function documentsOf(deployment: Deployment, choices: Choices): DocMap[] {
  const { layers, device, promises, bind } = deployment;
  const documents = Array.from({ length: layers }, (_, index): DocMap => ({ tier: `tier-${index}` }));
  const anywhere = () => choices.pick(documents);
  const top = documents.at(-1) ?? {};
  const below = documents.slice(0, -1);
  place(choices.pick(documents), ['plugins'], {});
  for (const entry of deployment.entries) writeEntry(entry, documents, choices);
  for (const [resource, amount] of Object.entries(device)) place(anywhere(), ['device', resource], amount);
  for (const [id, names] of bind) {
    const isOne = names.length === 1 && choices.oneIn(2);
    place(top, ['bind', id], isOne ? names[0] : names);
    for (const document of below) if (choices.oneIn(3)) place(document, ['bind', id], ['gone', 'lost']);
  }
  if (promises.length > 0 || choices.oneIn(4)) {
    place(
      top,
      ['requires'],
      promises.map(({ id, range, doc }) => doc ?? (range === undefined ? id : `${id}@${range}`)),
    );
    for (const document of below) if (choices.oneIn(3)) place(document, ['requires'], ['gone']);
  }
  // What a lower manifest brings in, and the top one takes away.
  for (const document of choices.some(below)) {
    const gone = choices.pick([['plugins', 'gone'], ['bind', 'gone'], ['device', 'gone'], ['gone']]);
    place(document, gone, choices.pick<Doc>(['gone', { use: '@acme/gone' }]));
    place(top, gone, null);
  }
  if (choices.oneIn(3)) place(anywhere(), ['title'], 'Drawn at random: "ü" & more');
  return documents.map((document) => Object.fromEntries(choices.shuffled(Object.entries(document))));
}

function writeEntry(entry: Entry, documents: readonly DocMap[], choices: Choices): void {
  const { key, of, version, when, placement, boot, settings, layer } = entry;
  const own = documents[layer] ?? {};
  const above = documents.slice(layer);
  const at = ['plugins', key];
  const parts: [string, Doc][] = [];
  if (of.name !== `@tiercel/${key}` || choices.oneIn(4)) parts.push(['use', of.name]);
  if (version !== undefined) parts.push(['version', version]);
  if (when !== undefined) parts.push(['when', when.doc]);
  if (placement !== undefined) parts.push(['placement', placement]);
  if (boot !== undefined) parts.push(['boot', boot as Doc]);
  place(own, at, parts.length > 0 ? Object.fromEntries(choices.shuffled(parts)) : undefined);
  for (const [name, { doc }] of settings) {
    // In a higher manifest, "null" would take away and not be set.
    const target = doc === null || doc === undefined ? own : choices.pick(above);
    place(target, [...at, 'config', name], doc);
  }
}

/** Puts a value into a document, in maps that are made where they are missing. */
export function place(document: DocMap, at: DocPath, doc: Doc): void {
  const [key = '', ...rest] = at.map(String);
  const inner = document[key];
  if (rest.length === 0) {
    document[key] = doc;
    return;
  }
  const map = isMap(inner) ? inner : {};
  document[key] = map;
  place(map, rest, doc);
}

export interface Loaded {
  readonly manifest: Manifest;
  /** `file:line` of the value at a path, else of the closest value around it; `layer`: as it is in that one alone. */
  locate(at: DocPath, layer?: number): string;
  /** Everything as text, to be shown when something fails. */
  readonly text: string;
}

/** The top one is a file, data instead of a file, or data laid over the file below it. */
export type TopForm = 'file' | 'data' | 'overlay';

/** Loads documents that extend each other. One alone is read from memory, several from files in `folder`. */
export async function loadDocuments(
  documents: readonly DocMap[],
  choices: Choices,
  { folder, top = 'file' }: { readonly folder: string; readonly top?: TopForm },
): Promise<Loaded> {
  const last = documents.length - 1;
  const isAlone = last === 0 && top === 'file' && !documents.some((document) => 'extends' in document);
  const layers = documents.map((document, index) => {
    const isData = index === last && top !== 'file';
    const extending = index > 0 && !('extends' in document) && !(isData && top === 'overlay');
    const file = index === 0 ? 'base/layer0.yaml' : `layer${index}.yaml`;
    const below = index === 1 ? './base/layer0.yaml' : `./layer${index - 1}.yaml`;
    const doc: DocMap = extending ? { extends: below, ...document } : document;
    const written = writeYaml(doc, choices);
    const name = isAlone ? 'tier.yaml' : path.basename(file);
    const dataName = top === 'data' ? 'The manifest' : 'The overlay';
    if (!isData && !isAlone) writeFileSync(path.join(folder, file), written.text);
    return { doc, written, isData, file: path.join(folder, file), name: isData ? dataName : name };
  });
  const load = async () => {
    const data = layers[last]?.doc as unknown as ManifestData;
    const fileOf = (index: number) => layers[index]?.file ?? '';
    if (isAlone) return manifestOf(layers[last]?.written.text ?? '');
    if (top === 'data') return await loadManifest(data, { directory: folder });
    if (top === 'overlay') return await loadManifest(fileOf(last - 1), { overlay: data });
    return await loadManifest(fileOf(last));
  };
  return {
    manifest: await load(),
    text: layers.map(({ written, name }) => `--- ${name}\n${written.text}`).join('\n'),
    locate(at, layer) {
      let found = 'nowhere';
      let visible = layer === undefined ? layers.toReversed() : layers.slice(layer, layer + 1);
      for (let length = 0; length <= at.length; length++) {
        const prefix = at.slice(0, length);
        const highest = visible.find(({ written }) => written.lineOf(prefix) !== undefined);
        if (!highest) break;
        found = `${highest.name}:${highest.isData ? 0 : highest.written.lineOf(prefix)}`;
        // What is no map hides everything below it.
        if (!isMap(valueAt(highest.doc, prefix))) visible = [highest];
      }
      return found;
    },
  };
}

/** Makes what `loadDocuments` writes into. */
export async function makeManifestFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-manifests-'));
  await mkdir(path.join(folder, 'base'));
  return folder;
}

function valueAt(doc: Doc, at: DocPath): Doc {
  let value = doc;
  for (const key of at) value = (Object(value) as Record<string | number, Doc>)[key];
  return value;
}
