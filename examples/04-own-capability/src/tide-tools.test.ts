import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { supply } from '@tiercel/kernel';
import { bootTest, describeInEveryPlacement, faulty } from '@tiercel/testkit';
import { FakeTides } from './testing.js';
import tideTools from './tide-tools.js';
import { Tides } from './tides.js';

const call = { name: 'tell_tide', args: { harbour: 'cuxhaven', kind: 'high' } } as const;
/** High water at Cuxhaven is when time begins, 1970-01-01T00:00Z. */
const fakeTides = () => supply('@acme/tides', Tides, new FakeTides());

describeInEveryPlacement(
  'tide-tools',
  {
    capability: ToolProvider,
    plugin: fileURLToPath(new URL('../dist/tide-tools.js', import.meta.url)),
    key: 'tide-tools',
    plugins: [fakeTides()],
    // A clock answers at once, so a child runs a copy of it, and has to find it by name.
    beside: { 'clock-system': null },
  },
  (title, open) => describeToolProviderContract(title, open, { call }),
);

describe('tide-tools', () => {
  it('tells the next tide in the words and the time of the house', async () => {
    await using test = await bootTest({ plugins: [tideTools, fakeTides()] });
    test.fakes.clock.setEpochMs(Date.parse('1970-01-01T01:00Z'));

    const { spoken } = await test.get(ToolProvider).call(call.name, call.args);

    expect(spoken?.replaceAll('\u202f', ' ')).toBe('The next high tide in Cuxhaven is at 12:25 PM.');
  });

  it('asks anew each time, so that time may pass in between', async () => {
    await using test = await bootTest({ plugins: [tideTools, fakeTides()] });
    const tools = test.get(ToolProvider);
    test.fakes.clock.setEpochMs(0);

    const first = await tools.call(call.name, call.args);
    await test.fakes.clock.advance(1);
    const second = await tools.call(call.name, call.args);

    expect([first.content, second.content]).toMatchObject([{ atMs: 0 }, { atMs: 44_714_164 }]);
  });

  it('says that nobody knows a harbour', async () => {
    await using test = await bootTest({ plugins: [tideTools, fakeTides()] });

    const answer = test.get(ToolProvider).call(call.name, { ...call.args, harbour: 'atlantis' });

    await expect(answer).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      details: { finding: 'nobody knows that harbour' },
    });
  });

  it('passes on what may be better the next time, and then works', async () => {
    const tides = faulty(new FakeTides(), Tides, { next: [{ type: 'fail' }] });
    await using test = await bootTest({ plugins: [tideTools, supply('@acme/tides', Tides, tides)] });
    const tools = test.get(ToolProvider);

    const first = tools.call(call.name, call.args);

    await expect(first).rejects.toMatchObject({ code: 'TESTKIT_FAULT', retryable: true });
    await expect(tools.call(call.name, call.args)).resolves.toMatchObject({ content: { kind: 'high' } });
  });
});
