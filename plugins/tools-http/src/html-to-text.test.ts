import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { htmlToText } from './html-to-text.js';

const { signal } = new AbortController();

describe('htmlToText', () => {
  it('gives a line for each block, and the title', async () => {
    const html = `<!doctype html><html><head><title> My &amp;\n page </title><style>p { color: red }</style></head>
      <body><h1>Heading</h1><p>One <b>bold</b>\n word &lt;here&gt;</p><ul><li>first<li>second</ul>a<br>b</body></html>`;

    expect(await htmlToText(html, signal)).toEqual({
      title: 'My & page',
      text: 'Heading\nOne bold word <here>\nfirst\nsecond\na\nb',
      isTooDeep: false,
    });
  });

  it('sets the cells of a table apart', async () => {
    const html = '<table><tr><th>City<th>Degrees</tr><tr><td>Oslo</td><td>4</td></tr></table>';

    expect((await htmlToText(html, signal)).text).toBe('City · Degrees\nOslo · 4');
  });

  it('leaves out what nobody sees', async () => {
    const html =
      'a<script>evil("</p>")</script><style>b{}</style><template>c</template><!-- d --><svg><title>e</title></svg>f';

    expect((await htmlToText(html, signal)).text).toBe('af');
  });

  it('takes a page that is broken', async () => {
    expect((await htmlToText('</p></script><b>still</i> there', signal)).text).toBe('still there');
  });

  it('reads no further where elements lie too deep in each other', async () => {
    const page = await htmlToText(`before${'<div>'.repeat(200_000)}behind`, signal);

    expect(page).toEqual({ title: '', text: 'before', isTooDeep: true });
    expect(await htmlToText('<p>a'.repeat(2_000), signal)).toMatchObject({ isTooDeep: false });
  });

  it('takes what is made to be slow', async () => {
    for (const part of ['<', '&', '</div>', '<!--', '<a x=', '<p>', '<td>', ' \u00b7', ' \n'])
      expect((await htmlToText(part.repeat(200_000), signal)).isTooDeep).toBe(false);
  });

  it('takes its parts in any order', async () => {
    const part = fc.constantFrom(
      '<p>',
      '</p>',
      '<script>',
      '</script>',
      'x',
      '&lt;',
      '<!--',
      '-->',
      '<title>',
      '<td',
      '"',
      '>',
    );

    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 30 }), async (parts) => {
        expect(typeof (await htmlToText(parts.join(''), signal)).text).toBe('string');
      }),
    );
  });

  it('stops when its call is over', async () => {
    await expect(htmlToText('<p>a', AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});
