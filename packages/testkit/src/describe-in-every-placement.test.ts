import { afterAll, describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract, FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { supply } from '@tiercel/kernel';
import { listChildProcesses } from './child-processes.js';
import { describeInEveryPlacement, type EveryPlacementOptions } from './describe-in-every-placement.js';

const tools = {
  capability: ToolProvider,
  plugin: '@tiercel/tools-basic',
  plugins: [supply('@tiercel/log', Log, new FakeLog())],
  beside: { 'clock-system': null },
} satisfies EveryPlacementOptions<ToolProvider, unknown>;

describeInEveryPlacement('tools-basic', { ...tools, kill: 'once' }, (title, open) =>
  describeToolProviderContract(title, open, { call: { name: 'get_time', args: {} } }),
);

function childPids(): readonly number[] {
  return listChildProcesses().map(({ pid }) => pid);
}

type Suite = Parameters<typeof describeInEveryPlacement<ToolProvider, unknown>>[2];

/** Three tests that each note which children there are, and which tools, while their provider works. */
function noteChildren(seen: (readonly number[])[], names = new Set<string>()): Suite {
  return (title, open) => {
    it.each([1, 2, 3])(`${title} works, round %i`, async () => {
      const { provider, close } = await open();
      for (const { name } of await provider.list()) names.add(name);
      seen.push(childPids());
      await close();
    });
  };
}

describe('where the provider works', () => {
  describe('inline', () => {
    const seen: (readonly number[])[] = [];
    describeInEveryPlacement('one', { ...tools, placements: ['inline'] }, noteChildren(seen));

    it('is this process', () => expect(seen).toEqual([[], [], []]));
  });

  describe('in a process', () => {
    const seen: (readonly number[])[] = [];
    describeInEveryPlacement('one', { ...tools, placements: ['process'] }, noteChildren(seen));

    it('is one child for all tests', () => {
      expect(seen.map(({ length }) => length)).toEqual([1, 1, 1]);
      expect(new Set(seen.flat()).size).toBe(1);
    });
  });

  describe('in a process per test', () => {
    const seen: (readonly number[])[] = [];
    describeInEveryPlacement('one', { ...tools, perTest: true, placements: ['process'] }, noteChildren(seen));

    it('is a child of its own for each', () => {
      expect(seen.map(({ length }) => length)).toEqual([1, 1, 1]);
      expect(new Set(seen.flat()).size).toBe(3);
    });
  });

  describe('after the child was killed before each test', () => {
    const seen: (readonly number[])[] = [];
    describeInEveryPlacement('one', { ...tools, placements: ['process-after-kill'] }, noteChildren(seen));

    it('is another child each time', () => {
      expect(seen.map(({ length }) => length)).toEqual([1, 1, 1]);
      expect(new Set(seen.flat()).size).toBe(3);
    });
  });

  afterAll(() => expect(childPids()).toEqual([]));
});

describe('what is run', () => {
  const seen: string[] = [];
  describeInEveryPlacement('clock', { capability: Clock, plugin: '@tiercel/clock-system' }, (_, open) => {
    it('tells the time', async () => {
      const { provider } = await open();
      expect(provider.epochMs()).toBeGreaterThan(0);
      seen.push(expect.getState().currentTestName ?? '');
    });
  });

  it('stays in this process where members answer at once', () => {
    expect(seen).toEqual([
      'what is run clock, inline tells the time',
      'what is run clock, inline, held up at random tells the time',
    ]);
  });

  describe('with another provider of the same contract', () => {
    const names = new Set<string>();
    const other = supply('@acme/aardvark', ToolProvider, new FakeToolProvider([{ name: 'other' }]));
    describeInEveryPlacement(
      'one',
      { ...tools, plugins: [other, ...tools.plugins], placements: ['inline'] },
      noteChildren([], names),
    );

    it('is the plugin that was asked for', () => {
      expect(names).toContain('get_time');
      expect(names).not.toContain('other');
    });
  });
});
