import type { ToolDescriptor } from '@tiercel/capabilities/tool-provider';
import { type Argument, readArguments } from './argument.js';
import { NameTrie } from './name-trie.js';
import type { Filling, Slot } from './slot.js';
import type { Speech } from './speech.js';
import { type Element, parseTemplate, type Way } from './template.js';

/** What a sentence means that ends here. */
export interface Ending {
  readonly tool: string;
  readonly template: string;
  readonly constants: ReadonlyMap<string, Filling>;
  readonly answer: string | undefined;
}

/** A place between two words. Ways that begin alike share their nodes. */
export interface GrammarNode {
  readonly id: number;
  readonly words: Map<string, GrammarNode>;
  readonly slots: Map<string, { readonly slot: Slot; readonly next: GrammarNode }>;
  readonly endings: Ending[];
}

/** All phrases of one language as one tree. */
export class Grammar {
  readonly speech: Speech;
  readonly root: GrammarNode;
  #nodes = 0;

  constructor(speech: Speech) {
    this.speech = speech;
    this.root = this.#makeNode();
  }

  get nodes(): number {
    return this.#nodes;
  }

  /** Adds a tool's phrases and returns what is wrong with them; wrong ones are left out. */
  add(tool: ToolDescriptor, language: string): readonly string[] {
    const phrases = tool.phrases?.[language];
    if (!phrases) return [];
    if (
      !Array.isArray(phrases.templates) ||
      phrases.templates.some((template) => typeof template !== 'string')
    ) {
      return [`${tool.name} (${language}): templates is not a list of text`];
    }
    const args = readArguments(tool);
    return phrases.templates.flatMap((template, index) =>
      this.#addTemplate(tool.name, template, args, phrases.answer).map(
        (finding) => `${tool.name} (${language}, template ${index + 1}): ${finding}`,
      ),
    );
  }

  #addTemplate(
    tool: string,
    template: string,
    args: ReadonlyMap<string, Argument>,
    answer: string | undefined,
  ): readonly string[] {
    const parsed = parseTemplate(template);
    if ('finding' in parsed) return [parsed.finding];
    const findings = new Set(parsed.ways.flatMap((way) => findInWay(way, args)));
    if (findings.size > 0) return [...findings];
    for (const way of parsed.ways) {
      const finding = this.#addWay(tool, template, way, args, answer);
      if (finding !== undefined) findings.add(finding);
    }
    return [...findings];
  }

  #addWay(
    tool: string,
    template: string,
    way: Way,
    args: ReadonlyMap<string, Argument>,
    answer: string | undefined,
  ): string | undefined {
    const constants = new Map<string, Filling>();
    let node = this.root;
    let hasFixedWords = false;
    for (const element of joinWords(way)) {
      if (element.type === 'words') {
        for (const word of this.speech.tokenizer.words(element.text)) {
          node = this.#wordNode(node, word);
          hasFixedWords = true;
        }
        continue;
      }
      // findInWay has looked these up already.
      const argument = args.get(element.argument) as Argument;
      if (element.type === 'constant') {
        constants.set(argument.name, { value: argument.convert(element.value), say: element.value });
        continue;
      }
      const slot = this.#makeSlot(argument, element);
      if (slot.type !== 'text') hasFixedWords = true;
      node = this.#slotNode(node, slot, slotKey(argument, element));
    }
    if (!hasFixedWords) return 'a way through it has no fixed words';
    node.endings.push({ tool, template, constants, answer });
    return undefined;
  }

  #makeSlot(argument: Argument, { choices }: Element & { readonly type: 'slot' }): Slot {
    const { name, source, values, isInteger, maxLength } = argument;
    const given =
      choices?.map(({ text, value }) => ({ text, value: argument.convert(value) })) ??
      (source === undefined ? values.map((value) => ({ text: String(value), value })) : undefined);
    if (!given) {
      if (source === 'number') return { type: source, argument: name, isInteger };
      if (source === 'text') return { type: source, argument: name, maxLength };
      return { type: source ?? 'device', argument: name };
    }
    const trie = new NameTrie<Filling>(this.speech);
    const fillings = new Map<unknown, Filling>();
    for (const { text, value } of given) {
      const filling = { value, say: text };
      // Two wordings of one value, both heard in the same words, are one reading.
      const known = fillings.get(`${typeof value} ${String(value)} ${text}`) ?? filling;
      fillings.set(`${typeof value} ${String(value)} ${text}`, known);
      trie.add(text.replaceAll('_', ' '), known);
    }
    return { type: 'choice', argument: name, choices: trie };
  }

  #wordNode(node: GrammarNode, word: string): GrammarNode {
    let next = node.words.get(word);
    if (!next) {
      next = this.#makeNode();
      node.words.set(word, next);
    }
    return next;
  }

  #slotNode(node: GrammarNode, slot: Slot, key: string): GrammarNode {
    let edge = node.slots.get(key);
    if (!edge) {
      edge = { slot, next: this.#makeNode() };
      node.slots.set(key, edge);
    }
    return edge.next;
  }

  #makeNode(): GrammarNode {
    this.#nodes += 1;
    return { id: this.#nodes, words: new Map(), slots: new Map(), endings: [] };
  }
}

const sources: ReadonlySet<string> = new Set(['device', 'number', 'duration', 'expression', 'text']);

/** Slots with the same key fill the same argument from the same words, so phrases of several tools share them. */
function slotKey(
  { name, source, values, isInteger, maxLength, convert }: Argument,
  slot: Element & { readonly type: 'slot' },
): string {
  const choices = slot.choices?.map(({ text, value }) => [text, convert(value)]);
  return JSON.stringify([name, choices ?? source ?? values, isInteger, String(maxLength)]);
}

function findInWay(way: Way, args: ReadonlyMap<string, Argument>): readonly string[] {
  const findings: string[] = [];
  const seen = new Set<string>();
  for (const element of way) {
    if (element.type === 'words') continue;
    const { argument: name } = element;
    const argument = args.get(name);
    if (seen.has(name)) findings.push(`a way through it fills {${name}} twice`);
    seen.add(name);
    if (!argument) findings.push(`the tool has no argument "${name}"`);
    else findings.push(...findInSlot(element, argument));
  }
  for (const { name, isRequired } of args.values()) {
    if (isRequired && !seen.has(name)) findings.push(`a way through it leaves out the required {${name}}`);
  }
  return findings;
}

function findInSlot(
  element: Element & { readonly type: 'slot' | 'constant' },
  argument: Argument,
): readonly string[] {
  const { name, source, values } = argument;
  if (element.type === 'slot' && !element.choices) {
    if (source !== undefined && !sources.has(source)) return [`{${name}} has an unknown slot source`];
    return source === undefined && values.length === 0
      ? [`nothing says what {${name}} may be: give it a slot source, an enum or choices`]
      : [];
  }
  const given =
    element.type === 'constant' ? [element.value] : (element.choices ?? []).map(({ value }) => value);
  return given
    .filter((value) => argument.convert(value) === undefined)
    .map((value) => `"${value}" is no value of {${name}}`);
}

/** Words that an empty option stood between belong together: "what" and "'s". */
function joinWords(way: Way): Way {
  const joined: Element[] = [];
  for (const element of way) {
    const last = joined.at(-1);
    if (element.type === 'words' && last?.type === 'words') {
      joined[joined.length - 1] = { type: 'words', text: `${last.text} ${element.text}` };
    } else {
      joined.push(element);
    }
  }
  return joined;
}
