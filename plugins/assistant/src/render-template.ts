/**
 * Writes a sentence template of a tool as the command that it would be for these arguments: the first of several words,
 * nothing that may be left out. `undefined` where the template needs other arguments, or says less than all of them.
 */
export function renderTemplate(
  template: string,
  args: Readonly<Record<string, unknown>>,
): string | undefined {
  const said = new Set<string>();
  const sentence = fillSlots(firstWay(template), args, said);
  const isWhole = sentence !== undefined && Object.keys(args).every((name) => said.has(name));
  return isWhole ? sentence.replace(/\s+/g, ' ').trim() : undefined;
}

/** `[optional]` parts go, of `(one|several)` the first stays; innermost groups first. */
function firstWay(template: string): string {
  let text = template;
  for (let before = ''; before !== text; ) {
    before = text;
    text = text
      .replace(/\[[^[\]()]*\]/g, ' ')
      .replace(/\(([^[\]()]*)\)/g, (_, ways: string) => splitWays(ways)[0] ?? '');
  }
  return text;
}

/** At `|`, but not at those inside of a `{slot}`. */
function splitWays(ways: string): readonly string[] {
  return ways.match(/(?:\{[^}]*\}|[^|{])+/g) ?? [];
}

function fillSlots(
  text: string,
  args: Readonly<Record<string, unknown>>,
  said: Set<string>,
): string | undefined {
  let isPossible = true;
  const filled = text.replace(/\{\s*([^}:\s]+)\s*(?::([^}]*))?\}/g, (_, name: string, choices?: string) => {
    const word = Object.hasOwn(args, name) ? wordFor(args[name], choices) : undefined;
    said.add(name);
    if (word === undefined) isPossible = false;
    return word ?? '';
  });
  return isPossible ? filled : undefined;
}

/** What is said for a value: itself, ids as words, or the words that a choice has for it. */
function wordFor(value: unknown, choices: string | undefined): string | undefined {
  if (!['string', 'number', 'boolean'].includes(typeof value)) return undefined;
  if (choices === undefined) return String(value).replace(/(?<=\p{L})[-_](?=\p{L})/gu, ' ');
  for (const choice of choices.split('|')) {
    const [words = '', meant = words] = choice.split('=');
    if (meant.trim() === String(value)) return words.trim();
  }
  return undefined;
}
