import { describe, expect, it } from '@jest/globals';
import type { ToolDescriptor } from '@tiercel/capabilities/tool-provider';
import { createPhraseBook } from './phrase-book.js';

function toolWith(templates: readonly string[]): ToolDescriptor {
  return {
    name: 'probe',
    description: 'A probe.',
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        mode: { enum: ['a', 'b'] },
        free: { type: 'string' },
        note: { type: 'string' },
        count: { type: 'integer' },
      },
      required: ['mode'],
    },
    effect: 'read',
    weight: 'light',
    slots: { note: 'text' },
    phrases: { en: { templates } },
  };
}

describe('createPhraseBook', () => {
  it('says everything that is wrong, with tool, language and template', () => {
    const book = createPhraseBook([
      toolWith([
        'go {mode}',
        'go {mode} {mode}',
        'go {made} {mode}',
        'go {note}',
        'go {free} {mode}',
        'go {mode:c}',
        'go {mode} {count:few}',
        '{note} {mode:=a}',
        '[please] {mode:=a}',
        'go (a',
      ]),
    ]);

    expect(book.findings).toEqual([
      'probe (en, template 2): a way through it fills {mode} twice',
      'probe (en, template 3): the tool has no argument "made"',
      'probe (en, template 4): a way through it leaves out the required {mode}',
      'probe (en, template 5): nothing says what {free} may be: give it a slot source, an enum or choices',
      'probe (en, template 6): "c" is no value of {mode}',
      'probe (en, template 7): "few" is no value of {count}',
      'probe (en, template 8): a way through it has no fixed words',
      'probe (en, template 9): a way through it has no fixed words',
      'probe (en, template 10): "(" is not closed by ")" (column 4)',
    ]);
  });

  it('survives declarations that are no declarations', () => {
    const broken = [
      { ...toolWith([]), phrases: { english: { templates: ['go'] } } },
      { ...toolWith([]), phrases: { en: { templates: 'go' } } },
      { ...toolWith([]), phrases: { en: {} } },
      { ...toolWith(['go {mode}']), slots: { mode: 'colour' } },
      { ...toolWith(['go']), parameters: null },
    ] as unknown as readonly ToolDescriptor[];

    expect(createPhraseBook(broken).findings).toEqual([
      'probe: "english" is no language such as en',
      'probe (en): templates is not a list of text',
      'probe (en): templates is not a list of text',
      'probe (en, template 1): {mode} has an unknown slot source',
    ]);
  });

  it('shares the beginnings of phrases, also between tools', () => {
    const few = createPhraseBook([toolWith(['go to mode {mode}'])]).grammars.get('en')?.nodes;
    const many = createPhraseBook([
      toolWith(['go to mode {mode}']),
      { ...toolWith(['go to mode {mode}']), name: 'other' },
    ]);

    expect(many.grammars.get('en')?.nodes).toBe(few);
  });
});
