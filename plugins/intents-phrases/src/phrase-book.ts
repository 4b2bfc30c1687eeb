import type { ToolDescriptor } from '@tiercel/capabilities/tool-provider';
import { Grammar } from './grammar.js';
import { Speech } from './speech.js';

/** The phrases of some tools, by language, and what is wrong with them. */
export interface PhraseBook {
  readonly grammars: ReadonlyMap<string, Grammar>;
  readonly findings: readonly string[];
}

const speeches = new Map<string, Speech>();

export function createPhraseBook(tools: readonly ToolDescriptor[]): PhraseBook {
  const grammars = new Map<string, Grammar>();
  const findings: string[] = [];
  for (const tool of tools) {
    for (const language of Object.keys(tool.phrases ?? {})) {
      if (!/^[a-z]{2,3}$/.test(language)) {
        findings.push(`${tool.name}: "${language.slice(0, 20)}" is no language such as en`);
        continue;
      }
      let grammar = grammars.get(language);
      if (!grammar) {
        grammar = new Grammar(speechOf(language));
        grammars.set(language, grammar);
      }
      findings.push(...grammar.add(tool, language));
    }
  }
  return { grammars, findings };
}

/** The same for every book, because it takes longer to make than a book and never changes. */
function speechOf(language: string): Speech {
  let speech = speeches.get(language);
  if (!speech) {
    speech = new Speech(language);
    speeches.set(language, speech);
  }
  return speech;
}
