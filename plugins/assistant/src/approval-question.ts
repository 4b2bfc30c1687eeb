import type { ToolDescriptor } from '@tiercel/capabilities/tool-provider';
import { inLanguage } from './in-language.js';
import { renderTemplate } from './render-template.js';
import { sayingsOf } from './sayings.js';

const MAX_DESCRIPTION_LENGTH = 160;
const MAX_VALUE_LENGTH = 60;

/**
 * Asks whether a tool may be used, in `language`: with the words of a command that means the same where the tool has one,
 * else with its description and the values of its arguments.
 */
export function approvalQuestion(
  tool: Pick<ToolDescriptor, 'name' | 'description' | 'phrases'>,
  args: Readonly<Record<string, unknown>>,
  language: string,
): string {
  const { mayIDo, mayIDoThat } = sayingsOf(language);
  const templates = inLanguage(tool.phrases ?? {}, language)?.templates;
  for (const template of templates ?? []) {
    const command = renderTemplate(template, args);
    if (command) return mayIDo(command);
  }
  const values = Object.values(args).map(sayValue).join(', ');
  const what = firstSentence(tool.description) || tool.name.replaceAll('_', ' ');
  const sentence = what.replace(/[.!?:]+$/u, '');
  return mayIDoThat(values === '' ? `${sentence}.` : `${sentence}: ${values}.`);
}

/** Tools may come from anybody: one sentence of one line is enough. */
function firstSentence(description: string): string {
  const line = description.replace(/\s+/gu, ' ').trim();
  const [sentence = line] = line.split(/(?<=[.!?])\s/u);
  return shorten(sentence, MAX_DESCRIPTION_LENGTH);
}

function sayValue(value: unknown): string {
  return shorten(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''), MAX_VALUE_LENGTH);
}

function shorten(text: string, length: number): string {
  const characters = [...text.replace(/\s+/gu, ' ').trim()];
  return characters.length <= length ? characters.join('') : `${characters.slice(0, length - 1).join('')}…`;
}
