import { describe, expect, it } from '@jest/globals';
import { describeToolProviderContract, FakeToolProvider } from './testing.js';

describeToolProviderContract(
  'FakeToolProvider',
  () => ({ provider: new FakeToolProvider(), close: () => undefined }),
  { call: { name: 'echo', args: { times: 2 } } },
);

describe('FakeToolProvider', () => {
  it('runs what it was given and remembers the calls', async () => {
    const tools = new FakeToolProvider([
      { name: 'add', run: (args) => ({ content: Number(args.a) + Number(args.b) }) },
    ]);

    const result = await tools.call('add', { a: 1, b: 2 }, { language: 'de' });

    expect(result).toEqual({ content: 3 });
    expect(tools.calls).toEqual([{ name: 'add', args: { a: 1, b: 2 }, language: 'de' }]);
  });

  it('offers other tools when told so', async () => {
    const tools = new FakeToolProvider();

    tools.offer([{ name: 'other' }]);

    expect((await tools.list()).map(({ name }) => name)).toEqual(['other']);
    await expect(tools.call('echo', {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
  });
});
