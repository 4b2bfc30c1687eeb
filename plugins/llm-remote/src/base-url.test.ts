import { describe, expect, it } from '@jest/globals';
import { parseBaseUrl } from './base-url.js';

describe('parseBaseUrl', () => {
  it.each([
    ['http://10.0.0.5:8080', 'http://10.0.0.5:8080/v1'],
    ['http://10.0.0.5:8080/', 'http://10.0.0.5:8080/v1'],
    ['http://10.0.0.5:8080/v1', 'http://10.0.0.5:8080/v1'],
    ['http://10.0.0.5:8080/v1/', 'http://10.0.0.5:8080/v1'],
    [' https://llm.example/proxy//', 'https://llm.example/proxy/v1'],
    ['https://llm.example/openai/v1', 'https://llm.example/openai/v1'],
    ['HTTP://LLM.example:80/v1', 'http://llm.example/v1'],
    ['http://[::1]:8080', 'http://[::1]:8080/v1'],
  ])('takes %j for %j', (text, base) => {
    expect(parseBaseUrl(text)).toBe(base);
  });

  it.each([
    ['10.0.0.5:8080', /does not start with http|not a URL/],
    ['llm', /not a URL/],
    ['', /not a URL/],
    ['ftp://10.0.0.5', /does not start with http/],
    ['http://user:secret@10.0.0.5', /credentials; put the key into LLM_API_KEY/],
    ['http://secret@10.0.0.5', /credentials/],
    ['http://10.0.0.5/v1/chat/completions', /leave out everything behind \/v1/],
    ['http://10.0.0.5/v1/models/', /leave out everything behind \/v1/],
    ['http://10.0.0.5/v1?key=secret', /query/],
    ['http://10.0.0.5/v1#secret', /fragment/],
  ])('refuses %j, and repeats no secret', (text, finding) => {
    expect(() => parseBaseUrl(text)).toThrow(finding);
    expect(() => parseBaseUrl(text)).toThrow(expect.objectContaining({ code: 'LLM_REMOTE_URL_INVALID' }));
    expect(() => parseBaseUrl(text)).not.toThrow(/secret/);
  });
});
