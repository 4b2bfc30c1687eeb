/** The few sentences that the assistant says of its own accord. */
export interface Sayings {
  /** A command was carried out and its tool has nothing to say about it. */
  readonly done: string;
  /** A stage of the turn failed. */
  readonly apology: string;
  /** No command matched and there is no model. */
  readonly notUnderstood: string;
  /** The tool of a command failed. */
  readonly notDone: string;
}

const ENGLISH: Sayings = {
  done: 'Done.',
  apology: 'Sorry, something went wrong.',
  notUnderstood: 'Sorry, I did not understand that.',
  notDone: 'Sorry, I could not do that.',
};

const SAYINGS: Readonly<Record<string, Sayings>> = {
  en: ENGLISH,
  de: {
    done: 'Erledigt.',
    apology: 'Entschuldigung, da ist etwas schiefgegangen.',
    notUnderstood: 'Entschuldigung, das habe ich nicht verstanden.',
    notDone: 'Entschuldigung, das hat nicht geklappt.',
  },
  fr: {
    done: 'C’est fait.',
    apology: 'Désolé, un problème est survenu.',
    notUnderstood: 'Désolé, je n’ai pas compris.',
    notDone: 'Désolé, je n’ai pas pu le faire.',
  },
  es: {
    done: 'Hecho.',
    apology: 'Lo siento, algo ha salido mal.',
    notUnderstood: 'Lo siento, no lo he entendido.',
    notDone: 'Lo siento, no he podido hacerlo.',
  },
};

/** In `language` (BCP 47 primary subtag), or in English. */
export function sayingsOf(language: string): Sayings {
  return SAYINGS[language] ?? ENGLISH;
}
