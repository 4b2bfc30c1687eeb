import type { Model } from '@tiercel/capabilities/model-store';
import { SherpaError } from './errors.js';

/** Path of the file with this role. Throws SPEECH_ENGINE_FACT_WRONG. */
export function fileOf(model: Model, role: string): string {
  const path = model.files[role];
  if (path !== undefined && path !== '') return path;
  throw new SherpaError('SPEECH_ENGINE_FACT_WRONG', {
    model: model.name,
    fact: `files.${role}`,
    expected: 'the path of a file',
  });
}

/** A whole number above 0 that the catalogue states about the model. Throws SPEECH_ENGINE_FACT_WRONG. */
export function countOf(model: Model, fact: string): number {
  const value = model.facts[fact];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new SherpaError('SPEECH_ENGINE_FACT_WRONG', {
    model: model.name,
    fact,
    expected: 'a whole number above 0',
  });
}

/** A list of names that the catalogue states about the model; at least one. Throws SPEECH_ENGINE_FACT_WRONG. */
export function namesOf(model: Model, fact: string): readonly string[] {
  const value = model.facts[fact];
  if (Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string'))
    return value;
  throw new SherpaError('SPEECH_ENGINE_FACT_WRONG', {
    model: model.name,
    fact,
    expected: 'a list of names',
  });
}

/** Throws SPEECH_ENGINE_FACT_WRONG unless the catalogue states exactly `expected`. */
export function requireFact(model: Model, fact: string, expected: string | number): void {
  if (model.facts[fact] === expected) return;
  throw new SherpaError('SPEECH_ENGINE_FACT_WRONG', {
    model: model.name,
    fact,
    expected: String(expected),
  });
}
