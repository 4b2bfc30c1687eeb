import { describe, expect, it } from '@jest/globals';
import { checkTarget } from './check-target.js';
import { HostRules, parseHostRule } from './host-rules.js';

const open = (patterns: readonly string[]) => ({ hosts: new HostRules(patterns), plainHttp: true });

describe('checkTarget', () => {
  it.each([
    ['example.com', 'https://example.com/a?b=c', true],
    ['example.com', 'https://EXAMPLE.com./', true],
    ['example.com', 'https://example.com:443/', true],
    ['example.com', 'https://example.com:8443/', false],
    ['example.com', 'https://sub.example.com/', false],
    ['example.com', 'https://example.com.evil.org/', false],
    ['example.com', 'https://notexample.com/', false],
    ['example.com:8443', 'https://example.com:8443/', true],
    ['example.com:8443', 'https://example.com/', false],
    ['*.example.com', 'https://a.b.example.com/', true],
    ['*.example.com', 'https://example.com/', false],
    ['*.example.com', 'https://evilexample.com/', false],
    ['*', 'https://anything.org/', true],
    ['*', 'https://93.184.215.14/', false],
    ['*', 'https://[2606:4700::1]/', false],
    ['*.1', 'https://127.0.0.1/', false],
    ['bücher.example', 'https://xn--bcher-kva.example/', true],
    ['127.0.0.1', 'http://2130706433/', true],
    ['[::1]:8080', 'http://[0:0:0:0:0:0:0:1]:8080/', true],
  ])('with %s on the list, %s may be asked: %s', (pattern, url, isAllowed) => {
    const check = () => checkTarget(url, open([pattern]));

    if (isAllowed) expect(check()).toBeInstanceOf(URL);
    else expect(check).toThrow(/not on the list/);
  });

  it.each([
    'example.com',
    '//example.com/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://example.com/',
    'data:text/html,hello',
    'javascript:alert(1)',
    'https://user:secret@example.com/',
    'https://example.com@evil.org/',
    'https://example.com\\@evil.org/',
    'https://exam\nple.com/',
    'https://example.com/\r\nHost: evil.org',
    'https://example.com/ HTTP/1.1',
    'https://example.com/\0',
    'https://',
    'https://[::1',
    'https://example.com:99999/',
    `https://example.com/${'a'.repeat(2_048)}`,
  ])('refuses %j', (url) => {
    expect(() => checkTarget(url, open(['example.com']))).toThrow(
      expect.objectContaining({ code: 'HTTP_ADDRESS_REFUSED' }),
    );
  });

  it('never repeats the address', () => {
    expect(() => checkTarget('https://secret.example.org/', open(['example.com']))).toThrow(/^(?!.*secret)/);
  });

  it('refuses unencrypted addresses unless they are allowed, and a way back from https', () => {
    const hosts = new HostRules(['example.com']);

    expect(() => checkTarget('http://example.com/', { hosts, plainHttp: false })).toThrow(/not encrypted/);
    expect(() =>
      checkTarget('http://example.com/', { hosts, plainHttp: true }, new URL('https://example.com/')),
    ).toThrow(/back to http/);
  });

  it('drops the fragment', () => {
    expect(checkTarget('https://example.com/a#b', open(['example.com'])).href).toBe('https://example.com/a');
  });
});

describe('parseHostRule', () => {
  it.each([
    '',
    '*.',
    '*example.com',
    'a*b',
    'example.com/path',
    'https://example.com',
    'a b',
    '*:99999',
    'user@host',
    ':80',
  ])('refuses %j', (pattern) => {
    expect(parseHostRule(pattern)).toBeUndefined();
  });
});
