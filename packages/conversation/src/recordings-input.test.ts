import { describe, expect, it } from '@jest/globals';
import { type Frame, levelDbfs } from '@tiercel/audio';
import type { AssistantEvent } from '@tiercel/capabilities/assistant';
import { describeAudioInputContract } from '@tiercel/capabilities/audio-input/testing';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { type RecordingEvent, RecordingsInput, type RecordingsInputOptions } from './recordings-input.js';

const loud = { name: 'loud.wav', pcm: new Int16Array(22_050).fill(8000), sampleRateHz: 22_050 };

describeAudioInputContract('RecordingsInput', () => {
  const clock = new FakeClock();
  const provider = new RecordingsInput({ recordings: [loud], clock });
  return {
    provider,
    advance: (ms) => clock.advance(ms),
    close: () => expect(clock.pending).toBe(0),
  };
});

describe('RecordingsInput', () => {
  it('says the next recording when nobody has had the turn for a while', async () => {
    const { input, clock, log } = listenTo([loud, loud], { leadMs: 0, pauseMs: 800 });
    await clock.advance(1100);

    input.observe(turnStart(1));
    await clock.advance(60_000);
    const during = [...log];
    input.observe(turnEnd(1));
    await clock.advance(700);
    const early = [...log];
    await clock.advance(200);

    expect(during).toEqual(['recording-start 0']);
    expect(early).toEqual(['recording-start 0']);
    expect(log).toEqual(['recording-start 0', 'recording-end 0', 'recording-start 1']);
  });

  it('waits for a turn that follows what was heard', async () => {
    const { input, clock, log } = listenTo([loud, loud], { leadMs: 0, pauseMs: 300, patienceMs: 2500 });
    await clock.advance(900);
    input.observe({ type: 'speech-start', position: 100 });
    await clock.advance(300);
    input.observe({ type: 'speech-end', position: 16_000 });

    await clock.advance(2000);

    expect(log).toEqual(['recording-start 0']);
  });

  it('says the next recording to a turn that waits for a yes or a no, when the question has had its time', async () => {
    const { input, clock, log } = listenTo([loud, loud], { leadMs: 0, pauseMs: 300, patienceMs: 2500 });
    await clock.advance(1100);
    input.observe(turnStart(1));
    const asked = {
      turn: 1,
      id: 'a',
      tool: 'open_door',
      args: {},
      question: 'Shall I?',
      expiresInMs: 60_000,
    };
    input.observe({ type: 'approval', ...asked });

    await clock.advance(2000);
    const during = [...log];
    await clock.advance(700);

    expect(during).toEqual(['recording-start 0']);
    expect(log).toEqual(['recording-start 0', 'recording-end 0', 'recording-start 1']);
  });

  it('goes on after a recording that starts no turn', async () => {
    const { clock, log } = listenTo([loud, loud], { leadMs: 0, patienceMs: 2500 });

    await clock.advance(1000 + 2500 + 200);

    expect(log).toEqual(['recording-start 0', 'recording-end 0', 'recording-start 1']);
  });

  it('fills every wait with quiet noise, never with zeros', async () => {
    const { input, clock, frames } = listenTo([loud], { leadMs: 320, noiseDbfs: -60 });
    await clock.advance(1400);
    input.observe(turnStart(1));
    await clock.advance(5000);

    const quiet = [...frames.slice(0, 9), ...frames.slice(50)];
    const levels = quiet.map(({ pcm }) => levelDbfs(pcm));
    expect(Math.max(...levels)).toBeLessThan(-50);
    expect(Math.min(...levels)).toBeGreaterThan(-70);
  });

  it('gives up on a turn that never ends, and names the recording', async () => {
    const { input, clock, whole } = listenTo([loud], { turnTimeoutMs: 10_000 });
    await clock.advance(1000);
    input.observe(turnStart(1));

    const failed = expect(whole).rejects.toMatchObject({
      code: 'CONVERSATION_TURN_STUCK',
      message: expect.stringContaining('loud.wav'),
    });
    await clock.advance(12_000);
    await failed;
  });
});

function listenTo(
  recordings: RecordingsInputOptions['recordings'],
  options: Partial<RecordingsInputOptions>,
) {
  const clock = new FakeClock();
  const log: string[] = [];
  const frames: Frame[] = [];
  const onRecording = ({ type, index }: RecordingEvent) => log.push(`${type} ${index}`);
  const input = new RecordingsInput({ recordings, clock, onRecording, ...options });
  const whole = (async () => {
    for await (const frame of input.capture()) frames.push(frame);
  })();
  return { input, clock, log, frames, whole };
}

function turnStart(turn: number): AssistantEvent {
  return { type: 'turn-start', turn, by: 'audio' };
}

function turnEnd(turn: number): AssistantEvent {
  return {
    type: 'turn-end',
    turn,
    attempt: turn,
    outcome: 'answered',
    path: 'phrase',
    heard: 'x',
    reply: 'y',
    playout: 'y',
    tools: [],
    timeline: { spans: {}, totalMs: 0, overlapMs: {} },
  };
}
