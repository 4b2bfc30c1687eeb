import { inLanguage } from './in-language.js';

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
  /** What the tool of a command needs is away: a server, a child process. */
  readonly outOfReach: string;
  /** The preferred model is lost, and another one answers. */
  readonly onMyOwn: string;
  /** Asks for an approval, with the words of a command. */
  readonly mayIDo: (command: string) => string;
  /** The same, after a sentence that describes it. */
  readonly mayIDoThat: (description: string) => string;
  /** An approval was refused. */
  readonly leftAlone: string;
}

const ENGLISH: Sayings = {
  done: 'Done.',
  apology: 'Sorry, something went wrong.',
  notUnderstood: 'Sorry, I did not understand that.',
  notDone: 'Sorry, I could not do that.',
  outOfReach: 'Sorry, that is out of reach right now.',
  onMyOwn: 'I am on my own for now; I will do my best.',
  mayIDo: (command) => `Shall I do this: ${command}?`,
  mayIDoThat: (description) => `${description} Shall I do that?`,
  leftAlone: 'All right, I will leave it.',
};

const SAYINGS: Readonly<Record<string, Sayings>> = {
  en: ENGLISH,
  de: {
    done: 'Erledigt.',
    apology: 'Entschuldigung, da ist etwas schiefgegangen.',
    notUnderstood: 'Entschuldigung, das habe ich nicht verstanden.',
    notDone: 'Entschuldigung, das hat nicht geklappt.',
    outOfReach: 'Entschuldigung, das kann ich gerade nicht erreichen.',
    onMyOwn: 'Ich bin gerade auf mich allein gestellt und gebe mein Bestes.',
    mayIDo: (command) => `Soll ich das tun: ${command}?`,
    mayIDoThat: (description) => `${description} Soll ich das tun?`,
    leftAlone: 'Gut, dann lasse ich es.',
  },
  fr: {
    done: 'C’est fait.',
    apology: 'Désolé, un problème est survenu.',
    notUnderstood: 'Désolé, je n’ai pas compris.',
    notDone: 'Désolé, je n’ai pas pu le faire.',
    outOfReach: 'Désolé, c’est hors de portée pour le moment.',
    onMyOwn: 'Je suis seul pour le moment ; je ferai de mon mieux.',
    mayIDo: (command) => `Dois-je faire ceci : ${command} ?`,
    mayIDoThat: (description) => `${description} Dois-je le faire ?`,
    leftAlone: 'D’accord, je n’y touche pas.',
  },
  es: {
    done: 'Hecho.',
    apology: 'Lo siento, algo ha salido mal.',
    notUnderstood: 'Lo siento, no lo he entendido.',
    notDone: 'Lo siento, no he podido hacerlo.',
    outOfReach: 'Lo siento, eso no está a mi alcance ahora mismo.',
    onMyOwn: 'Por ahora estoy solo; haré lo que pueda.',
    mayIDo: (command) => `¿Hago esto: ${command}?`,
    mayIDoThat: (description) => `${description} ¿Lo hago?`,
    leftAlone: 'De acuerdo, lo dejo.',
  },
};

/** In `language` (BCP 47 primary subtag), or in English. */
export function sayingsOf(language: string): Sayings {
  return inLanguage(SAYINGS, language) ?? ENGLISH;
}
