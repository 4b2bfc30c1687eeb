import { afterAll, describe, expect, it } from '@jest/globals';
import { type Plugin, supply } from '@tiercel/kernel';
import {
  bootFixtures,
  Diary,
  errorOf,
  factsOf,
  inline,
  Oracle,
  placed,
  Report,
  removeFixtureFolder,
  Ticker,
  untilState,
} from './fixtures.test.support.js';

afterAll(removeFixtureFolder);

const oracle = (name: string): Plugin =>
  supply(`@fixture/oracle-${name}`, Oracle, { name, answer: async () => [`${name} in ${process.pid}`] });

function diary(): Plugin {
  const lines: string[] = [];
  return supply('@fixture/diary', Diary, {
    write: (line: string) => void lines.push(line),
    lines: async () => lines,
  });
}

/** A node whose plugin `asker` runs in a child, and what it depends on does not. */
async function bootAsker(options: Parameters<typeof bootFixtures>[1] = {}) {
  const plugins = [oracle('left'), oracle('right'), diary()];
  const entries = Object.fromEntries(
    plugins.map(({ name }) => [name.replace('@fixture/', ''), { use: name }]),
  );
  return await bootFixtures(
    { asker: placed('asker'), probe: placed('probe'), ...entries },
    { plugins, bind: { oracle: ['oracle-left', 'oracle-right'] }, ...options },
  );
}

describe('dependencies of a placed plugin', () => {
  it('live in the parent; several become one there where they are used', async () => {
    await using node = await bootAsker();

    const told = await node.get(Report).tell('one');

    const here = process.pid;
    expect(told).toEqual(['oracle of oracle-left and oracle-right', [`left in ${here}`, `right in ${here}`]]);
  });

  it('include the node itself, which tells about all of its plugins', async () => {
    await using node = await bootAsker();

    const told = await node.get(Report).tell('node');

    expect(told).toEqual(node.plugins.map(({ plugin, state }) => [plugin, state]));
    expect(told).toContainEqual(['oracle-left', 'ready']);
  });

  it('may be many, one, absent, late, or a view of its own', async () => {
    await using node = await bootAsker();
    const report = node.get(Report);

    expect(await report.tell('many')).toEqual([
      ['left', [`left in ${process.pid}`]],
      ['right', [`right in ${process.pid}`]],
    ]);
    expect(await report.tell('optional')).toBe(true);
    expect(await report.tell('view')).toEqual(['asker: dear diary']);
    expect(await report.tell('lazy')).toEqual(['hello', 'through', true]);
    expect(await report.tell('pid')).toBe(factsOf(node, 'asker').pid);
  });

  it('answer with a retryable error while they do not serve, and again when they do', async () => {
    await using node = await bootAsker({ replaceable: true });
    const report = node.get(Report);
    await report.tell('lazy');

    const { pid } = factsOf(node, 'probe');
    process.kill(pid ?? 0, 'SIGKILL');
    await untilState(node, 'probe', 'degraded');
    const lost = await errorOf(() => report.tell('lazy'));
    await untilState(node, 'probe', 'ready');

    expect(lost).toMatchObject({ code: 'PROVIDER_LOST', retryable: true });
    expect(await report.tell('lazy')).toEqual(['hello', 'through', true]);
  });

  it('are followed when they are replaced', async () => {
    await using node = await bootAsker({ replaceable: true });
    const report = node.get(Report);

    await node.replace('oracle-left', { ...oracle('newer'), name: '@fixture/oracle-left' });

    expect(await report.tell('many')).toEqual([
      ['newer', [`newer in ${process.pid}`]],
      ['right', [`right in ${process.pid}`]],
    ]);
  });
});

describe('a dependency that answers at once', () => {
  it('runs a second time in the child, with its own configuration', async () => {
    await using node = await bootFixtures({
      timed: placed('timed'),
      ticker: inline('ticker', { config: { offset: 1000 } }),
    });

    const { pid } = factsOf(node, 'timed');

    expect(await node.get(Report).tell()).toEqual([pid, (pid ?? 0) + 1000, pid]);
    expect(node.get(Ticker).pid()).toBe(process.pid + 1000);
  });

  it('is told of when the copy lacks something', async () => {
    await using node = await bootFixtures({
      timed: placed('timed'),
      ticker: inline('ticker', { config: { offset: -1 } }),
    });

    expect(node.plugins.find(({ plugin }) => plugin === 'timed')).toMatchObject({
      state: 'degraded',
      reason: 'its copy of ticker: it counts below zero',
    });
  });
});

describe('a plugin that cannot be placed', () => {
  it('is one whose code declares something else than its file', async () => {
    const error = await errorOf(() => bootFixtures({ unlike: placed('unlike') }));

    expect(error).toMatchObject({
      cause: { code: 'KERNEL_PLUGIN_MISMATCH', details: { paths: ['version'] } },
    });
  });
});
