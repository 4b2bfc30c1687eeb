import { describe, expect, it } from '@jest/globals';
import type { Model } from '@tiercel/capabilities/model-store';
import { countOf, fileOf, namesOf, requireFact } from './model-facts.js';

const model: Model = {
  name: 'test',
  kind: 'speech-to-text',
  directory: '/models/test',
  files: { tokens: '/models/test/tokens.txt', empty: '' },
  facts: {
    sampleRateHz: 16_000,
    languages: ['en'],
    none: [],
    mixed: ['en', 5],
    half: 0.5,
    engine: 'whisper',
  },
  licence: 'MIT',
  sizeBytes: 1,
};
const refused = expect.objectContaining({ code: 'SPEECH_ENGINE_FACT_WRONG' });

describe('facts of a model', () => {
  it('are handed out when they are what the engine needs', () => {
    expect(fileOf(model, 'tokens')).toBe('/models/test/tokens.txt');
    expect(countOf(model, 'sampleRateHz')).toBe(16_000);
    expect(namesOf(model, 'languages')).toEqual(['en']);
    expect(() => requireFact(model, 'engine', 'whisper')).not.toThrow();
  });

  it('are refused when they are missing or of another kind', () => {
    expect(() => fileOf(model, 'encoder')).toThrow(refused);
    expect(() => fileOf(model, 'empty')).toThrow(refused);
    expect(() => countOf(model, 'windowSize')).toThrow(refused);
    expect(() => countOf(model, 'half')).toThrow(refused);
    expect(() => namesOf(model, 'none')).toThrow(refused);
    expect(() => namesOf(model, 'mixed')).toThrow(refused);
    expect(() => requireFact(model, 'engine', 'vits')).toThrow(refused);
  });
});
