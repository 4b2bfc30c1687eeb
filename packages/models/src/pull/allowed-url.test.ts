import { describe, expect, it } from '@jest/globals';
import { DEFAULT_HOSTS, findUrlProblem, printableUrl } from './allowed-url.js';

const rules = { hosts: DEFAULT_HOSTS };

describe('findUrlProblem', () => {
  it('allows https on listed hosts and their sub-domains', () => {
    expect(findUrlProblem('https://huggingface.co/a/b', rules)).toBeUndefined();
    expect(findUrlProblem('https://cdn-lfs.hf.co/x?sig=1', rules)).toBeUndefined();
    expect(findUrlProblem('https://HuggingFace.co/a', rules)).toBeUndefined();
    expect(findUrlProblem('https://models.example.test/x', { hosts: ['*.Example.test'] })).toBeUndefined();
  });

  it('refuses hosts that only look alike', () => {
    expect(findUrlProblem('https://huggingface.co.example.test/', rules)).toContain('not allowed');
    expect(findUrlProblem('https://evilhf.co/', rules)).toContain('not allowed');
    expect(findUrlProblem('https://huggingface.co@example.test/', rules)).toContain('user name');
    expect(findUrlProblem('https://hf.co.', rules)).toContain('not allowed');
  });

  it('refuses other schemes, http to this machine included unless its host is listed', () => {
    const loopback = { hosts: [...DEFAULT_HOSTS, '127.0.0.1', 'localhost'] };

    expect(findUrlProblem('http://huggingface.co/', loopback)).toBe('uses http, not https');
    expect(findUrlProblem('http://127.0.0.1/', rules)).toBe('uses http, not https');
    expect(findUrlProblem('ftp://127.0.0.1/', loopback)).toBe('uses ftp, not https');
    expect(findUrlProblem('file:///etc/hosts', loopback)).toBe('uses file, not https');
    expect(findUrlProblem('http://127.0.0.1:80/', loopback)).toBeUndefined();
    expect(findUrlProblem('http://localhost/', loopback)).toBeUndefined();
    expect(findUrlProblem('http://localhost.example.test/', loopback)).toBe('uses http, not https');
    expect(findUrlProblem('nonsense', rules)).toBe('is not an address');
  });
});

describe('printableUrl', () => {
  it('leaves out what may be a credential', () => {
    expect(printableUrl('https://user:pass@h.test/a?sig=1#x')).toBe('https://h.test/a');
    expect(printableUrl('nonsense')).toBe('(not an address)');
  });
});
