import { describe, expect, it } from '@jest/globals';
import { Discovery } from '@tiercel/capabilities/discovery';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { isTiercelError } from '@tiercel/kernel';
import { bootTest } from '@tiercel/testkit';
import type { StaticConfig } from './config.js';
import discoveryStatic from './index.js';
import { parseServices } from './parse-services.js';

const key = 'discovery-static';

const NOTHING: StaticConfig = {
  services: {},
  llm: [],
  toolServerApi: [],
  worldModelApi: [],
  tiercelSession: [],
  ignoredToolServer: '',
  ignoredWorldModel: '',
};

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isTiercelError(error)) return `${error.code}: ${error.message}`;
  }
  return 'nothing was thrown';
}

async function urlsOf(
  service: string,
  {
    services = {},
    environment = {},
  }: { services?: Record<string, unknown>; environment?: Record<string, string> },
): Promise<readonly string[]> {
  await using test = await bootTest({
    plugins: [discoveryStatic],
    config: { [key]: { services } },
    environment,
  });
  const { endpoints } = await test.get(Discovery).resolve(service);
  return endpoints.map(({ url }) => url);
}

describe('discovery-static', () => {
  it('takes lists, texts with commas, and texts with spaces', async () => {
    const services = {
      one: ['http://10.0.0.1:8000/', 'http://10.0.0.2:8000'],
      two: 'http://10.0.0.1:8000, http://10.0.0.2:8000',
      three: ' http://10.0.0.1:8000  http://10.0.0.2:8000 ',
    };

    const urls = await Promise.all(['one', 'two', 'three'].map((service) => urlsOf(service, { services })));

    const both = ['http://10.0.0.1:8000', 'http://10.0.0.2:8000'];
    expect(urls).toEqual([both, both, both]);
  });

  it('takes one address once', async () => {
    const services = { llm: ['http://10.0.0.1:80', 'http://10.0.0.1/'] };

    expect(await urlsOf('llm', { services })).toEqual(['http://10.0.0.1']);
  });

  it.each([
    ['llm', 'LLM_URL'],
    ['tool-server-api', 'TOOL_SERVER_API_URL'],
    ['world-model-api', 'WORLD_MODEL_API_URL'],
    ['tiercel-session', 'TIERCEL_SESSION_URL'],
  ])('lets the environment say where %s is, before the manifest (%s)', async (service, variable) => {
    const services = { [service]: 'http://10.0.0.1:8000' };

    const urls = await urlsOf(service, { services, environment: { [variable]: 'http://10.0.0.2:8000' } });
    const old = await urlsOf(service, {
      services,
      environment: { [`${variable}_OVERRIDE`]: 'http://10.0.0.3:8000,http://10.0.0.4:8000' },
    });

    expect([urls, old]).toEqual([['http://10.0.0.2:8000'], ['http://10.0.0.3:8000', 'http://10.0.0.4:8000']]);
  });

  it('takes the variable of any other service where the manifest refers to it, and does without an empty one', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what stands in a manifest
    const services = { 'door-api': '${env:DOOR_API_URL:-}' };

    const urls = await urlsOf('door-api', {
      services,
      environment: { DOOR_API_URL: 'http://10.0.0.9:9000' },
    });
    const unset = await urlsOf('door-api', { services });

    expect([urls, unset]).toEqual([['http://10.0.0.9:9000'], []]);
  });

  it('says everything that is wrong at once, and no credential', async () => {
    const services = {
      'Tool Server': 'http://10.0.0.1:8000',
      llm: [
        'mqtt://10.0.0.1',
        'http://user:hunter2@10.0.0.1:8000',
        'no address',
        'http://10.0.0.1/?key=hunter2',
      ],
      door: 7,
    };

    const message = messageOf(() => parseServices({ ...NOTHING, services }));

    expect(message).toMatch(/^DISCOVERY_STATIC_SERVICES_INVALID: /);
    for (const finding of [
      '"Tool Server" is no name of a service',
      'llm: mqtt://10.0.0.1 is neither http nor https',
      'llm: http://10.0.0.1:8000 is given with credentials',
      'llm: an address is no URL',
      'llm: http://10.0.0.1 is given with a query or a fragment',
      'door is neither a text nor a list of texts',
    ])
      expect(message).toContain(finding);
    expect(message).not.toContain('hunter2');
  });

  it.each(['TOOL_SERVER_URL_OVERRIDE', 'WORLD_MODEL_URL'])('ignores %s with a warning', async (variable) => {
    await using test = await bootTest({
      plugins: [discoveryStatic],
      environment: { [variable]: 'http://10.0.0.1:8000' },
      fakes: { log: new FakeLog() },
    });

    expect(test.fakes.log.messages('warn')).toEqual(['a variable of the older node is ignored']);
    for (const service of ['tool-server', 'tool-server-api', 'world-model', 'world-model-api'])
      expect((await test.get(Discovery).resolve(service)).endpoints).toEqual([]);
  });

  it('tells the services that it knows, and no address', async () => {
    await using test = await bootTest({
      plugins: [discoveryStatic],
      config: { [key]: { services: { llm: 'http://10.0.0.1:8000', door: '' } } },
    });

    expect(test.node.describe().plugins.find(({ plugin }) => plugin === key)?.facts).toEqual({
      services: ['llm'],
    });
  });
});
