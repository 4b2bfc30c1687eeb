import type { SettingsReader } from '@tiercel/tools/settings-reader';
import { findingOf, type Parameter } from './parameter.js';

/** Programs whose option `-c` or `-e` takes code: nothing from outside may stand in it. */
const interpreters = new Set(
  'sh ash bash csh dash fish ksh mksh tcsh zsh su busybox node perl php python ruby lua'.split(' '),
);
const codeOption = /^-[a-z]*[ce]$|^--(?:command|eval|execute)$/;

type Piece = { readonly text: string } | { readonly parameter: Parameter };

/** One word of a command; a word with an argument that is not given is left out. */
type WordTemplate = readonly Piece[];

export type Rendering = { readonly words: readonly string[] } | { readonly findings: readonly string[] };

/** An operator's command: words, some with `{parameter}` in them. Each word stays one word, whatever is put into it. */
export class CommandTemplate {
  readonly #words: readonly WordTemplate[];
  readonly #parameters: readonly Parameter[];

  constructor(words: readonly WordTemplate[], parameters: readonly Parameter[]) {
    this.#words = words;
    this.#parameters = parameters;
  }

  /** The words to run. A value that does not fit its parameter, or that would be taken for an option, is a finding. */
  render(args: Readonly<Record<string, unknown>>): Rendering {
    const values = new Map<string, string>();
    const findings: string[] = [];
    for (const parameter of this.#parameters) {
      const given = Object.hasOwn(args, parameter.name) ? args[parameter.name] : undefined;
      const value = given ?? parameter.default;
      if (value === undefined) {
        if (parameter.isRequired) findings.push(`/${parameter.name} is missing`);
        continue;
      }
      const finding = findingOf(parameter, value);
      if (finding === undefined) values.set(parameter.name, String(value));
      else findings.push(`/${parameter.name} ${finding}`);
    }
    const words = this.#words.flatMap((template) => {
      if (template.some((piece) => 'parameter' in piece && !values.has(piece.parameter.name))) return [];
      const word = template
        .map((piece) => ('text' in piece ? piece.text : (values.get(piece.parameter.name) ?? '')))
        .join('');
      const [first] = template;
      const isOption = word.startsWith('-') && first && 'parameter' in first && !first.parameter.allowsDash;
      if (isOption) findings.push(`/${first.parameter.name} begins with a dash`);
      return [word];
    });
    return findings.length > 0 ? { findings } : { words };
  }
}

/** Reads `command` of a tool. Findings tell what cannot be run safely. */
export function readCommand(settings: SettingsReader, parameters: readonly Parameter[]): CommandTemplate {
  const key = 'command';
  const words = settings.texts(key) ?? [];
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const used = new Set<Parameter>();
  const templates = words.map((word) => {
    const pieces = piecesOf(word, byName);
    if (typeof pieces === 'string') {
      settings.wrong(key, pieces);
      return [];
    }
    for (const piece of pieces) if ('parameter' in piece) used.add(piece.parameter);
    return pieces;
  });
  const hasParameter = (template: WordTemplate) => template.some((piece) => 'parameter' in piece);
  if (words.some((word) => /[\0\r\n]/.test(word))) settings.wrong(key, 'has words of more than one line');
  if (templates[0] && hasParameter(templates[0]))
    settings.wrong(key, 'begins with a parameter; name the program');
  const [program = ''] = words;
  if (program.startsWith('-') || program.includes('=')) settings.wrong(key, 'does not begin with a program');
  for (const [index, template] of templates.entries()) {
    const option = words[index - 1] ?? '';
    const isCode = codeOption.test(option) && words.slice(0, index - 1).some(isInterpreter);
    if (isCode && hasParameter(template))
      settings.wrong(
        key,
        `puts a parameter into the code after ${option}; give it as a further word and use "$1"`,
      );
  }
  for (const parameter of parameters) {
    if (!used.has(parameter)) settings.wrong(key, `does not use the parameter ${parameter.name}`);
  }
  return new CommandTemplate(templates, parameters);
}

function isInterpreter(word: string): boolean {
  return interpreters.has(word.slice(word.lastIndexOf('/') + 1).replace(/[\d.-]+$/, ''));
}

/** `{name}` is a parameter, `{{` and `}}` are braces. */
function piecesOf(word: string, parameters: ReadonlyMap<string, Parameter>): WordTemplate | string {
  const pieces: Piece[] = [];
  for (const [, brace, name, text] of word.matchAll(/(\{\{|\}\})|\{([^{}]*)\}|([^{}]+|[{}])/g)) {
    if (brace !== undefined) pieces.push({ text: brace.charAt(0) });
    else if (name === undefined) pieces.push({ text: text ?? '' });
    else {
      const parameter = parameters.get(name);
      if (!parameter) return `asks for {${name}}, which is not among the parameters; write {{ for a brace`;
      pieces.push({ parameter });
    }
    if (text === '{' || text === '}') return 'has a single brace; write {{ or }}';
  }
  return pieces;
}
