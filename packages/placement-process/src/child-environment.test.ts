import { describe, expect, it } from '@jest/globals';
import { childEnvironment, childExecArgv } from './child-environment.js';

const config = {
  login: {
    doc: 'A secret',
    format: String,
    default: '',
    env: 'BROKER_LOGIN',
    aliases: ['OLD_LOGIN'],
    sensitive: true,
  },
  host: { doc: 'A host', format: String, default: '', env: 'BROKER_HOST' },
} as const;

describe('childEnvironment', () => {
  it('leaves out what a plugin declares as sensitive, under each of its names', () => {
    const environment = {
      BROKER_LOGIN: 'a',
      BROKER_LOGIN_FILE: '/b',
      OLD_LOGIN: 'c',
      OLD_LOGIN_FILE: '/d',
      BROKER_HOST: 'e',
    };

    expect(childEnvironment(environment, [{ config }])).toEqual({
      BROKER_HOST: 'e',
      UV_THREADPOOL_SIZE: '8',
    });
  });

  it('leaves out what sounds like a secret', () => {
    const environment = {
      LLM_API_KEY: 'a',
      GATEWAY_API_KEYS: 'b',
      ha_token: 'c',
      CLIENT_SECRET: 'd',
      MQTT_PASSWORD: 'e',
      MQTT_PASSWORD_FILE: '/f',
      KEYBOARD: 'de',
      TOKENIZER: 'fast',
    };

    expect(childEnvironment(environment, [])).toEqual({
      KEYBOARD: 'de',
      TOKENIZER: 'fast',
      UV_THREADPOOL_SIZE: '8',
    });
  });

  it('gives native code at least 8 threads', () => {
    expect(childEnvironment({ UV_THREADPOOL_SIZE: '4' }, [])).toEqual({ UV_THREADPOOL_SIZE: '8' });
    expect(childEnvironment({ UV_THREADPOOL_SIZE: '16' }, [])).toEqual({ UV_THREADPOOL_SIZE: '16' });
  });
});

describe('childExecArgv', () => {
  it('keeps loaders and limits, and drops what belongs to the parent alone', () => {
    const options = [
      '--import',
      'tsx',
      '--max-old-space-size=512',
      '--inspect=9229',
      '--input-type=module',
      '-e',
      '1 + 1',
    ];

    expect(childExecArgv(options)).toEqual(['--import', 'tsx', '--max-old-space-size=512']);
  });
});
