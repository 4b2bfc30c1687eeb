import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * A server that does what a good one would not. Its first argument says how it begins, its tools what it does when called.
 * Written without the SDK, which would not let it.
 */
const script = `
const { appendFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const [mode = '', notes = ''] = process.argv.slice(2);
const note = (text) => notes && appendFileSync(notes, text + '\\n');
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const closed = { type: 'object', properties: {} };
let tools = ['echo', 'sleep', 'exit', 'huge', 'large', 'greet', 'grow', 'fail', 'broken', 'spawn', 'refuse', 'flood', 'progress', 'noise', 'argv']
  .map((name) => ({ name, inputSchema: closed, annotations: { readOnlyHint: name === 'echo' } }));
note('start ' + mode);
if (mode === 'deaf') for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => note(signal));
if (mode === 'deaf') setInterval(() => undefined, 1_000);
if (mode === 'crash') { console.error('cannot find my\\u001b[31m files'); process.exit(7); }
if (mode === 'flood') { const junk = 'x'.repeat(65_535) + '\\n'; const more = () => { while (process.stdout.write(junk)); process.stdout.once('drain', more); }; more(); }
if (mode === 'chatty') console.log('Welcome to my server!');

const answers = {
  echo: (id, params) => send({ id, result: { content: [{ type: 'text', text: JSON.stringify(params.arguments) }] } }),
  sleep: () => note('sleeping'),
  exit: () => { console.error('I give up'); process.exit(3); },
  huge: () => { const part = 'y'.repeat(1_048_576); let parts = 0; const more = () => { while (parts < 1_024) { parts += 1; if (!process.stdout.write(part)) { process.stdout.once('drain', more); return; } } note('wrote it all'); }; more(); },
  large: (id) => send({ id, result: { content: [{ type: 'text', text: 'z'.repeat(100_000) }] } }),
  greet: (id) => { console.log('working on it'); console.log('{"not": "a message"}'); console.log('{'); answers.echo(id, { arguments: 'done' }); },
  grow: (id) => { tools = [...tools, { name: 'grown', inputSchema: closed }].map((tool) => ({ ...tool, annotations: { readOnlyHint: true } })); for (let n = 0; n < 100; n++) send({ method: 'notifications/tools/list_changed' }); answers.echo(id, { arguments: {} }); },
  fail: (id) => send({ id, result: { isError: true, content: [{ type: 'text', text: 'the disk is full' }] } }),
  broken: (id) => send({ id, result: { content: 'not a list' } }),
  spawn: (id) => { const child = spawn('sleep', ['1000'], { stdio: 'inherit' }); answers.echo(id, { arguments: child.pid }); },
  refuse: (id) => send({ id, error: { code: -32602, message: 'no such city' } }),
  flood: () => { const junk = 'x'.repeat(65_535) + '\\n'; const more = () => { while (process.stdout.write(junk)); process.stdout.once('drain', more); }; more(); },
  noise: (id) => { const part = Buffer.alloc(1_048_576, 255); let parts = 0; const more = () => { while (parts < 64) { parts += 1; if (!process.stderr.write(part)) { process.stderr.once('drain', more); return; } } process.stderr.write('\\nend\\n'); answers.echo(id, { arguments: 'quiet again' }); }; more(); },
  argv: (id) => answers.echo(id, { arguments: process.argv.slice(4) }),
  progress: (id, params) => { send({ method: 'notifications/progress', params: { progressToken: params._meta.progressToken, progress: 1, total: 2 } }); answers.echo(id, params); },
};

require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (mode === 'silent') return;
  if (method === 'initialize') send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: { listChanged: true } }, serverInfo: { name: 'test', version: '1' } } });
  else if (mode === 'strict' && method === 'server/discover') process.exit(1);
  else if (mode === 'quiet' && method === 'server/discover') return;
  else if (method === 'tools/list') { note('listed'); send({ id, result: { tools } }); }
  else if (method === 'tools/call') answers[params.name](id, params);
  else if (method === 'notifications/cancelled') note('cancelled');
  else if (id !== undefined) send({ id, error: { code: -32601, message: 'Method not found' } });
});
`;

export interface TestServers extends AsyncDisposable {
  readonly folder: string;
  /** Where the servers write down what happened to them. */
  readonly notes: string;
  settings(mode?: string): { readonly command: string; readonly args: readonly string[] };
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openTestServers(): Promise<TestServers> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'tiercel-mcp-')));
  const file = path.join(folder, 'server.cjs');
  const notes = path.join(folder, 'notes');
  await writeFile(file, script);
  await writeFile(notes, '');
  return {
    folder,
    notes,
    settings: (mode = '') => ({ command: process.execPath, args: [file, mode, notes] }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Waits until nobody has this process id. What was killed is gone soon, but not at once. */
export async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
