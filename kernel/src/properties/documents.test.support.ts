/** Writes YAML in every style, and knows on which line it put what. */
import type { Choices } from './choices.test.support.js';

/** What a document holds. `undefined` is an empty value, `null` a written one. */
export type Doc = undefined | null | boolean | number | string | Verbatim | readonly Doc[] | DocMap;
export interface DocMap {
  [key: string]: Doc;
}

/** Text that is written as it stands, sound or not. */
export class Verbatim {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type DocPath = readonly (string | number)[];

export interface Written {
  readonly text: string;
  /** Line of the value at a path; `undefined` where the document has none. */
  lineOf(path: DocPath): number | undefined;
}

export function isMap(doc: Doc): doc is DocMap {
  return typeof doc === 'object' && doc !== null && !Array.isArray(doc) && !(doc instanceof Verbatim);
}

/** Block style or flow style, with quotes or without, as it falls out. */
export function writeYaml(doc: DocMap, choices: Choices): Written {
  const lines = new Map<string, number>();
  let text = '';
  let line = 1;
  const put = (part: string) => {
    text += part;
    line += part.split('\n').length - 1;
  };
  const mark = (path: DocPath) => lines.set(JSON.stringify(path), line);

  const flow = (value: Doc, path: DocPath): void => {
    mark(path);
    if (Array.isArray(value)) {
      put('[');
      for (const [index, item] of value.entries()) {
        if (index > 0) put(', ');
        flow(item, [...path, index]);
      }
      put(']');
    } else if (isMap(value)) {
      put('{ ');
      for (const [index, [key, item]] of Object.entries(value).entries()) {
        if (index > 0) put(', ');
        put(`${scalar(key, choices)}: `);
        flow(item, [...path, key]);
      }
      put(' }');
    } else {
      put(scalar(value, choices));
    }
  };

  const block = (value: Doc, path: DocPath, indent: string): void => {
    const isEmpty = (Array.isArray(value) || isMap(value)) && Object.keys(value).length === 0;
    if (isEmpty || (path.length > 1 && choices.oneIn(2)) || (!Array.isArray(value) && !isMap(value))) {
      if (value !== undefined) put(' ');
      flow(value, path);
      put('\n');
      return;
    }
    if (path.length > 0) put('\n');
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        put(`${indent}- `);
        flow(item, [...path, index]);
        put('\n');
      }
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      if (choices.oneIn(12)) put(`${indent}# ${key} comes next\n`);
      if (!lines.has(JSON.stringify(path))) mark(path);
      mark([...path, key]);
      put(`${indent}${scalar(key, choices)}:`);
      block(item, [...path, key], `${indent}  `);
    }
  };

  block(doc, [], '');
  return { text, lineOf: (path) => lines.get(JSON.stringify(path)) };
}

function scalar(value: Doc, choices: Choices): string {
  if (value instanceof Verbatim) return value.text;
  if (value === undefined) return '';
  if (value === null) return choices.pick(['null', '~']);
  if (typeof value !== 'string') return String(value);
  const isPlain = /^[a-z][a-z0-9./-]*$/i.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value);
  if (isPlain && choices.oneIn(2)) return value;
  return /^[^'\\\n]*$/.test(value) && choices.oneIn(2) ? `'${value}'` : JSON.stringify(value);
}
