const WORD = /[\p{L}\p{N}]/u;
const EMOJI =
  /\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F|\u200D\p{Extended_Pictographic})*|[\u{1F1E6}-\u{1F1FF}]|[#*0-9]?\uFE0F?\u20E3|\uFE0F/gu;
const URL = /(?:https?:\/\/|www\.)[^\s<>"]*[^\s<>".,!?;:)\]]/giu;

/**
 * Turns what is shown into what is said: without Markdown, emoji, code blocks and addresses. Takes the segments of one
 * reply in order, because a code block may span several. Empty where nothing is left to say.
 */
export class SpokenText {
  #isInCode = false;

  next(text: string): string {
    const spoken = tidy(withoutMarks(withoutInline(this.#withoutCode(text))));
    return WORD.test(spoken) ? spoken : '';
  }

  #withoutCode(text: string): string {
    let outside = '';
    for (const [index, part] of text.split(/```|~~~/u).entries()) {
      if (index > 0) this.#isInCode = !this.#isInCode;
      if (!this.#isInCode) outside += ` ${part}`;
    }
    return outside;
  }
}

function withoutInline(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/gu, '$1')
    .replace(URL, ' ')
    .replace(/<\/?[a-z][^<>]*>/giu, ' ')
    .replace(EMOJI, ' ');
}

function withoutMarks(text: string): string {
  return text
    .replace(/^[ \t]*(?:[-*_][ \t]*){3,}$/gmu, ' ')
    .replace(/^[ \t]*(?:#{1,6}|>+|[-*+•])[ \t]+/gmu, ' ')
    .replace(/^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+[ \t:-]*$/gmu, ' ')
    .replace(/[ \t]*\|[ \t]*/gu, ', ')
    .replace(/(?<=\S)(?:\*+|~~+)|(?:\*+|~~+)(?=\S)|`/gu, '')
    .replace(/(?<=[\p{L}\p{N}])_+(?=[\p{L}\p{N}])/gu, ' ')
    .replace(/_/gu, '');
}

function tidy(text: string): string {
  return text
    .replace(/\(\s*\)|\[\s*\]/gu, ' ')
    .replace(/([!?.,;:])(?:\s*\1)+/gu, '$1')
    .replace(/\s+([,.!?;:])(?=\s|$)/gu, '$1')
    .replace(/\s+/gu, ' ')
    .replace(/^[\s,;:]+/u, '')
    .trim();
}
