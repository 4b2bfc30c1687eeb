import { describe, expect, it } from '@jest/globals';
import { LanguageModelError } from '@tiercel/capabilities/language-model';
import { GatewayError } from '../errors.js';
import { renderOpenAiFailure } from '../openai/openai-failure.js';
import { failureOf, renderDetail } from './failure.js';

describe('failureOf', () => {
  it('tells an error that was made for callers as it is', () => {
    const error = new GatewayError('GATEWAY_ROUTE_UNKNOWN', {});

    expect(renderDetail(failureOf(error, 'req-1'))).toEqual({
      status: 404,
      headers: {},
      body: { detail: error.message, code: 'GATEWAY_ROUTE_UNKNOWN', id: 'req-1' },
    });
  });

  it('names the field that is to blame where OpenAI has a name for it', () => {
    const error = new LanguageModelError('LANGUAGE_MODEL_SCHEMA_UNSUPPORTED', { finding: 'pattern' });

    expect(renderOpenAiFailure(failureOf(error, 'req-1')).body).toEqual({
      error: {
        message: error.message,
        type: 'invalid_request_error',
        param: 'response_format',
        code: 'unsupported_schema',
      },
    });
  });

  it('tells that a model server is out of reach, and not which', () => {
    const attempts = [{ endpoint: 'http://10.0.0.7:8080', finding: 'refused' }];
    const error = new LanguageModelError('LANGUAGE_MODEL_UNREACHABLE', { attempts });

    const failure = failureOf(error, 'req-1');

    expect(failure).toMatchObject({ status: 502, code: 'LANGUAGE_MODEL_UNREACHABLE' });
    expect(failure.message).not.toContain('10.0.0.7');
  });

  it.each<[string, unknown]>([
    ['a plain error', new RangeError('secret')],
    ['a text', 'secret'],
    ['nothing', undefined],
    [
      'an error with the code of a prototype',
      Object.assign(new Error('secret'), { code: 'constructor', retryable: false }),
    ],
  ])('tells nothing of %s but the id in the log', (_, error) => {
    const failure = failureOf(error, 'req-1');

    expect(failure).toMatchObject({ status: 500, code: 'GATEWAY_FAILED' });
    expect(JSON.stringify(failure)).not.toContain('secret');
    expect(failure.message).toContain('req-1');
  });
});
