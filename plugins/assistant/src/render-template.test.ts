import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { renderTemplate } from './render-template.js';

describe('renderTemplate', () => {
  it('takes the first of several words and nothing that may be left out', () => {
    expect(renderTemplate('(turn|switch) [all] [the|a] {device} off', { device: 'lamp' })).toBe(
      'turn lamp off',
    );
  });

  it('goes into groups inside of groups', () => {
    expect(renderTemplate('(please (open|shut)|close) [(the|a) [big]] door', {})).toBe('please open door');
  });

  it('says the words that a choice has for a value', () => {
    expect(renderTemplate('schalte {device} {state:ein=on|aus=off}', { device: 'Lampe', state: 'off' })).toBe(
      'schalte Lampe aus',
    );
    expect(renderTemplate('turn {state:on|off} {device}', { device: 'lamp', state: 'on' })).toBe(
      'turn on lamp',
    );
  });

  it('says ids as words', () => {
    expect(renderTemplate('turn on {device}', { device: 'living-room_lamp' })).toBe(
      'turn on living room lamp',
    );
    expect(renderTemplate('wait {seconds}', { seconds: -5 })).toBe('wait -5');
  });

  it('says nothing for a value that a template implies', () => {
    expect(renderTemplate('activate {device} {state:=on}', { device: 'lamp', state: 'on' })).toBe(
      'activate lamp',
    );
  });

  it.each([
    ['another value than the one it implies', 'activate {device} {state:=on}', { device: 'a', state: 'off' }],
    ['a value that no choice has', 'turn {state:on|off}', { state: 'blue' }],
    ['an argument that is missing', 'turn on {device}', {}],
    ['an argument that it does not say', 'turn on {device}', { device: 'a', brightness: 5 }],
    ['a value that cannot be said', 'turn on {device}', { device: { id: 1 } }],
    ['a name that every object has', 'say {constructor}', {}],
  ])('has no words for %s', (_, template, args) => {
    expect(renderTemplate(template, args)).toBeUndefined();
  });

  it('keeps choices with "|" together inside of a group', () => {
    expect(renderTemplate('({state:on|off} it|toggle it)', { state: 'off' })).toBe('off it');
  });

  it('ends, and leaves no bracket, whatever the template is', () => {
    const template = fc
      .array(fc.constantFrom('(', ')', '[', ']', '|', '{a}', '{a:x|y=1}', 'word', ' '), { maxLength: 30 })
      .map((parts) => parts.join(''));

    fc.assert(
      fc.property(template, (text) => {
        const rendered = renderTemplate(text, { a: '1' });

        expect(rendered?.includes('{a}') ?? false).toBe(false);
      }),
    );
  });
});
