import { describe, expect, it } from '@jest/globals';
import { FakeTerminal } from './fake-terminal.js';
import { main } from './main.js';

describe('main', () => {
  it('prints the version', async () => {
    const terminal = new FakeTerminal();

    const exitCode = await main(['--version'], terminal);

    expect([exitCode, terminal.printed]).toEqual([0, ['0.1.0']]);
  });

  it('explains itself, with every command and the exit codes', async () => {
    const terminal = new FakeTerminal();

    const exitCode = await main(['--help'], terminal);

    expect(exitCode).toBe(0);
    expect(terminal.printed.join('\n')).toMatch(/talk.*say.*transcribe.*check.*start.*models.*Exit codes/s);
  });

  it('refuses what it does not know, and says where to look', async () => {
    const terminal = new FakeTerminal();

    const exitCode = await main(['talk', '--louder'], terminal);

    expect(exitCode).toBe(2);
    expect(terminal.noted).toBe(
      `error CLI_USAGE: Unknown option '--louder'. Run "tiercel talk --help" to see what it takes.\n`,
    );
  });

  it('gives one document also when it is called the wrong way', async () => {
    const terminal = new FakeTerminal();

    const exitCode = await main(['transcribe', '--json'], terminal);

    expect(exitCode).toBe(2);
    expect(JSON.parse(terminal.printed.join('\n'))).toMatchObject({ error: { code: 'CLI_USAGE' } });
  });

  it('refuses a microphone beside recordings', async () => {
    const terminal = new FakeTerminal();

    const exitCode = await main(['talk', '--mic', '--input', 'a.wav'], terminal);

    expect([exitCode, terminal.noted]).toEqual([2, expect.stringContaining('exclude each other')]);
  });

  it('refuses a text of spaces', async () => {
    const terminal = new FakeTerminal();

    expect(await main(['say', '  '], terminal)).toBe(2);
    expect(terminal.noted).toContain('CLI_TEXT_EMPTY');
  });

  it('names every recording that cannot be used before anything is started', async () => {
    const terminal = new FakeTerminal();

    const exitCode = await main(['talk', '--input', 'no-such.wav', 'packages', '--json'], terminal);

    expect(exitCode).toBe(2);
    expect(JSON.parse(terminal.printed.join('\n'))).toMatchObject({
      error: {
        code: 'CLI_FILES_UNUSABLE',
        message: expect.stringMatching(/no-such\.wav does not exist.*packages is a directory/s),
      },
    });
  });

  it('takes its signal handlers back when a command is over', async () => {
    const before = process.listenerCount('SIGINT');

    await main(['say', ' '], new FakeTerminal());

    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it.each([
    [['tlak'], `Unknown command 'tlak'; did you mean talk? Run "tiercel --help"`],
    [['models', 'bogus'], `Unknown command 'bogus'. Run "tiercel models --help"`],
    [['models', 'pull'], `Missing required argument 'name'. Run "tiercel models pull --help"`],
    [['say', 'hi', '--output', ''], 'A path is empty. Run "tiercel say --help"'],
    [['transcribe', 'a.wav', '--language', '???'], 'Write a code such as en or de. Run "tiercel transcribe'],
  ])('answers %j on one line, with the help that fits', async (args, words) => {
    const terminal = new FakeTerminal();

    const exitCode = await main(args, terminal);

    expect([exitCode, terminal.noted.match(/\n/g)]).toEqual([2, ['\n']]);
    expect(terminal.noted).toContain(words);
  });

  it.each([
    [['check'], { NODE_ROLE: 'garbage' }, 'NODE_ROLE is "garbage". Set it to edge, mid, core or auto'],
    [['models', 'list'], { MODELS_OFFLINE: 'maybe' }, 'MODELS_OFFLINE is "maybe". Set it to true or false'],
    [['start'], { STOP_TIMEOUT_MS: '5 s' }, 'STOP_TIMEOUT_MS is "5 s". Set it to a whole number'],
  ])('refuses %j under %j', async (args, environment, words) => {
    const terminal = new FakeTerminal({ environment });

    const exitCode = await main(args, terminal);

    expect([exitCode, terminal.noted]).toEqual([2, expect.stringContaining(words)]);
  });
});
