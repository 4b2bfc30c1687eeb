import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { KernelError } from './errors.js';
import { problemCatalogue } from './plan/problems.js';

const folder = path.dirname(fileURLToPath(import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('catalogue.test.ts'))
  .map((name) => ({ name, text: readFileSync(path.join(folder, name), 'utf8') }));
const isTest = ({ name }: { name: string }) => name.includes('.test.');
const sources = files.filter((file) => !isTest(file));
const tests = files.filter(isTest);

const namesIn = (chosen: readonly { text: string }[]) =>
  new Set(chosen.flatMap(({ text }) => text.match(/\bKERNEL_[A-Z_]+\b/g) ?? []));

const errorCodes = Object.keys(KernelError.messages);
const problemCodes = Object.keys(problemCatalogue);
const codes = [...errorCodes, ...problemCodes];

describe('the catalogues', () => {
  it('share no code', () => {
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('hold no code that nothing uses', () => {
    const used = namesIn(sources.filter(({ name }) => !/(errors|problems)\.ts$/.test(name)));

    expect(codes.filter((code) => !used.has(code))).toEqual([]);
  });

  it('hold every code that the sources name', () => {
    expect([...namesIn(sources)].filter((code) => !codes.includes(code))).toEqual([]);
  });

  it('hold no code that no test produces', () => {
    const produced = namesIn(tests);

    expect(codes.filter((code) => !produced.has(code))).toEqual([]);
  });

  it('are explained in the README, apart from the problems, which explain themselves', () => {
    const readme = readFileSync(path.join(folder, '../README.md'), 'utf8');

    expect(errorCodes.filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
  });

  it('write every code as whole words', () => {
    expect(codes.filter((code) => !/^KERNEL(_[A-Z]{3,}|_IS|_NO|_OF|_IN)+$/.test(code))).toEqual([]);
  });
});

describe('the kernel', () => {
  it('knows nothing about voice', () => {
    const words = /\b\w*(speech|voice|audio|whisper|piper|utterance|transcript|microphone|\bmodel)\w*\b/gi;
    const found = sources.flatMap(({ name, text }) =>
      (text.match(words) ?? []).map((word) => `${name}: ${word}`),
    );

    expect(found).toEqual([]);
  });

  it('imports no other package of this project', () => {
    const imports = sources.flatMap(({ text }) => text.match(/from '@tiercel\/[^']+'/g) ?? []);

    expect(imports).toEqual([]);
  });

  it('hides no type behind any, and no undefined behind an exclamation mark', () => {
    const found = sources.flatMap(({ name, text }) =>
      (text.match(/: any\b|<any>|as any\b|\w!\.|\w!\)/g) ?? []).map((hit) => `${name}: ${hit}`),
    );

    expect(found).toEqual([]);
  });
});
