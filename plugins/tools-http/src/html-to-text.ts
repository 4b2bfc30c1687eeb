import { setImmediate as turn } from 'node:timers/promises';
import { Parser } from 'htmlparser2';

/** So much is parsed before others get their turn. */
const PART_CHARACTERS = 65_536;
const MAX_TITLE_LENGTH = 300;
/** The parser takes longer for each tag the deeper it is. Pages that people read have less than a hundred levels. */
const MAX_DEPTH = 512;

/** Nobody sees what is in these. */
const unseen = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'math',
  'iframe',
  'object',
  'head',
  'select',
]);
/** Each begins a line of its own. */
const blocks = new Set(
  'address article aside blockquote body br caption dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr legend li main nav ol p pre section summary table tbody tfoot thead tr ul'.split(
    ' ',
  ),
);
const cells = new Set(['td', 'th']);

export interface HtmlText {
  /** Empty if the page has none. */
  readonly title: string;
  readonly text: string;
  /** Elements lie so deep in each other that the rest was not read. */
  readonly isTooDeep: boolean;
}

/** The text of a page as one would read it: a line per block, cells set apart, without scripts and styles. */
export async function htmlToText(html: string, signal: AbortSignal): Promise<HtmlText> {
  const lines: string[] = [];
  /** Cells before the one that `line` belongs to. */
  let row: string[] = [];
  let line = '';
  let title = '';
  let isTitle = false;
  let depth = 0;
  let unseenDepth = 0;
  const endLine = () => {
    const text = [...row, line].map(oneLine).filter((part) => part !== '');
    if (text.length > 0) lines.push(text.join(' \u00b7 '));
    row = [];
    line = '';
  };
  const parser = new Parser({
    onopentagname(name) {
      depth += 1;
      if (depth > MAX_DEPTH) parser.pause();
      if (unseen.has(name)) unseenDepth += 1;
      if (name === 'title' && title === '') isTitle = true;
      if (blocks.has(name)) endLine();
    },
    ontext(text) {
      if (isTitle) title = (title + text).slice(0, MAX_TITLE_LENGTH);
      else if (unseenDepth === 0) line += text;
    },
    onclosetag(name) {
      depth -= 1;
      if (unseen.has(name)) unseenDepth = Math.max(0, unseenDepth - 1);
      if (name === 'title') isTitle = false;
      if (cells.has(name)) {
        row.push(line);
        line = '';
      }
      if (blocks.has(name)) endLine();
    },
  });
  for (let at = 0; at < html.length && depth <= MAX_DEPTH; at += PART_CHARACTERS) {
    parser.write(html.slice(at, at + PART_CHARACTERS));
    await turn(undefined, { signal });
  }
  const isTooDeep = depth > MAX_DEPTH;
  parser.end();
  endLine();
  return { title: oneLine(title), text: lines.join('\n'), isTooDeep };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
