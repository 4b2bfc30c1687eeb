import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Frame } from '@tiercel/audio';
import { AudioInput } from '@tiercel/capabilities/audio-input';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { boot, supply } from '@tiercel/kernel';
import { FakePrograms } from './fake-programs.js';
import plugin from './index.js';

describe('@tiercel/audio-command', () => {
  let programs: FakePrograms;
  beforeAll(async () => {
    programs = await FakePrograms.open();
    await programs.addRecorder('arecord');
    await programs.addPlayer('aplay');
  });
  afterAll(() => programs[Symbol.asyncDispose]());

  function bootWith(config: Readonly<Record<string, unknown>>, environment: Record<string, string>) {
    return boot({
      manifest: { tier: 'test', plugins: { 'fake-clock': {}, 'audio-command': { config } } },
      plugins: [plugin, supply('@tiercel/fake-clock', Clock, new FakeClock())],
      environment,
    });
  }

  it('uses the programs that it finds in PATH', async () => {
    await using node = await bootWith({}, { PATH: programs.folder });

    expect(node.get(AudioInput).features.isFinite).toBe(false);
    expect(node.get(AudioOutput).features).toMatchObject({ isPaced: true, countsPlayed: false });
  });

  it('speaks on a machine that has nothing to record with', async () => {
    await using node = await bootWith({ recorder: 'sox' }, { PATH: programs.folder });

    for await (const _ of node.get(AudioOutput).play(noFrames(), { attempt: 1 }));

    await expect(first(node.get(AudioInput).capture())).rejects.toMatchObject({
      code: 'AUDIO_COMMAND_MISSING',
      message: expect.stringContaining('looked for sox'),
    });
  });

  it('hears on a machine that has nothing to play with', async () => {
    await using node = await bootWith({ player: 'sox' }, { PATH: programs.folder });

    await expect(first(node.get(AudioInput).capture())).resolves.toMatchObject({ sampleRateHz: 16_000 });
  });

  it('does not start where the wished programs are both not installed', async () => {
    const starting = bootWith({ player: 'sox', recorder: 'sox' }, { PATH: programs.folder });

    await expect(starting).rejects.toMatchObject({
      code: 'KERNEL_BOOT_FAILED',
      message: expect.stringContaining('looked for sox'),
    });
  });
});

async function* noFrames(): AsyncGenerator<Frame> {}

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}
