import { english } from './english.js';
import { french } from './french.js';
import { german } from './german.js';
import type { Language } from './language.js';
import { spanish } from './spanish.js';

export const languages: readonly Language[] = [english, german, french, spanish];

/** English where the language is not known. */
export function findLanguage(tag: string | undefined): Language {
  const subtag = tag?.split('-')[0]?.toLowerCase();
  return languages.find((language) => language.tag === subtag) ?? english;
}

export type { Language, ToolName } from './language.js';
