import { describe, expect, it } from '@jest/globals';
import { isTiercelError } from '@tiercel/kernel';
import fc from 'fast-check';
import {
  checkHost,
  checkOrigin,
  checkTarget,
  isLoopbackHost,
  readRequestId,
  readTraceparent,
} from './request-checks.js';

const loopback = { isLoopback: true, names: new Set(['hub.local']) };
const open = { isLoopback: false, names: new Set(['core.lan']) };

describe('checkHost', () => {
  it.each([
    'localhost',
    'localhost:8000',
    'LOCALHOST',
    '127.0.0.1:1',
    '127.9.9.9',
    '[::1]',
    '[::1]:80',
    'hub.local:8000',
  ])('takes %s on a loopback listener', (host) => {
    expect(() => checkHost(host, loopback)).not.toThrow();
  });

  it.each([
    undefined,
    '',
    'evil.example.com',
    'evil.example.com:8000',
    'localhost.evil.example.com',
    'localhost@evil.example.com',
    '127.0.0.1.evil.example.com',
    '127.0.0.1evil.com',
    'localhost:8000:8000',
    'localhost:80evil',
    'localhost/',
    ' localhost',
    'localhost, evil.example.com',
    '192.168.1.2',
    '[fe80::1]',
    '0x7f000001',
    '2130706433',
    '::1',
  ])('refuses %j there', (host) => {
    expect(() => checkHost(host, loopback)).toThrow(
      expect.objectContaining({ code: 'GATEWAY_HOST_REFUSED' }),
    );
  });

  it.each(['192.168.1.2:8000', '[fe80::1]:8000', 'core.lan', 'CORE.LAN:8000', 'localhost'])(
    'takes %s on a listener that others reach',
    (host) => {
      expect(() => checkHost(host, open)).not.toThrow();
    },
  );

  it.each(['evil.example.com', '1.2.3', '999.1.1.1', '[core.lan]', 'core.lan.'])(
    'refuses %s there',
    (host) => {
      expect(() => checkHost(host, open)).toThrow(expect.objectContaining({ code: 'GATEWAY_HOST_REFUSED' }));
    },
  );
});

describe('checkOrigin', () => {
  const allowed = new Set(['https://home.example']);

  it('takes programs, which send none, and pages that are allowed', () => {
    expect(() => checkOrigin(undefined, new Set())).not.toThrow();
    expect(() => checkOrigin('https://home.example', allowed)).not.toThrow();
  });

  it.each([
    'https://evil.example',
    'null',
    '',
    'http://home.example',
    'https://home.example:8443',
    'https://home.example.evil.example',
    'https://home.example/',
    'HTTPS://HOME.EXAMPLE',
  ])('refuses %j', (origin) => {
    expect(() => checkOrigin(origin, allowed)).toThrow(
      expect.objectContaining({ code: 'GATEWAY_ORIGIN_REFUSED' }),
    );
  });
});

describe('checkTarget', () => {
  it.each(['/', '/v1/models', '/v1/models?x=1'])('takes %s', (target) => {
    expect(() => checkTarget(target)).not.toThrow();
  });

  it.each([undefined, '', '*', 'http://evil.example/v1/models', '//evil.example/v1', 'v1/models'])(
    'refuses %j',
    (target) => {
      expect(() => checkTarget(target)).toThrow(expect.objectContaining({ code: 'GATEWAY_REQUEST_INVALID' }));
    },
  );
});

describe('isLoopbackHost', () => {
  it.each(['localhost', '127.0.0.1', '::1', '[::1]'])('knows %s', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '192.168.1.2', 'core.lan', ''])('knows that %s is none', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});

describe('readRequestId and readTraceparent', () => {
  it('take what can stand in a header and a log', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    expect(readRequestId('req-1.a:b_c')).toBe('req-1.a:b_c');
    expect(readTraceparent(traceparent)).toBe(traceparent);
  });

  it.each([undefined, '', 'a b', 'a\r\nSet-Cookie: x', 'ü', 'x'.repeat(129), ['a', 'b']])(
    'leave out the request id %j',
    (header) => {
      expect(readRequestId(header)).toBeUndefined();
    },
  );

  it.each([
    undefined,
    'x',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n',
  ])('leave out the trace context %j', (header) => {
    expect(readTraceparent(header)).toBeUndefined();
  });
});

describe('The checks of a request', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webAuthority(),
    fc.webUrl(),
    fc
      .constantFrom('localhost', '127.0.0.1', '[::1]', 'core.lan')
      .chain((name) => fc.string().map((rest) => name + rest)),
  );

  it('either pass or refuse in their own words, whatever they are given', () => {
    fc.assert(
      fc.property(text, (value) => {
        for (const check of [
          () => checkTarget(value),
          () => checkHost(value, open),
          () => checkOrigin(value, new Set(['https://home.example'])),
        ]) {
          try {
            check();
          } catch (error) {
            if (!isTiercelError(error)) return false;
          }
        }
        return true;
      }),
      { numRuns: 2_000 },
    );
  });

  it('take no host with a name that is not known', () => {
    fc.assert(
      fc.property(fc.domain(), fc.option(fc.nat(65_535), { nil: undefined }), (domain, port) => {
        const host = port === undefined ? domain : `${domain}:${port}`;
        expect(() => checkHost(host, open)).toThrow(
          expect.objectContaining({ code: 'GATEWAY_HOST_REFUSED' }),
        );
      }),
    );
  });
});
