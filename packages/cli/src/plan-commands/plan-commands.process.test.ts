import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bin, runTiercel, Workspace } from '../run-tiercel.test.support.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.open();
});
afterEach(() => workspace[Symbol.asyncDispose]());

function tiercel(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return runTiercel(args, { environment, directory: workspace.directory });
}

const lampFile = {
  name: '@acme/lamp',
  version: '1.0.0',
  provides: { lamp: { capability: 'light', version: '1.0.0', composes: false, features: {}, methods: {} } },
  requires: {},
  config: {
    level: { doc: 'Level', format: 'nat', default: 1, env: 'LAMP_LEVEL' },
    key: { doc: 'Key', format: 'text', default: '', env: 'LAMP_KEY', sensitive: true },
    model: { doc: 'Model', format: 'text', default: '', names: 'model' },
  },
  needs: { memoryMiB: 100 },
};

/** A plugin that can be planned with; planning never loads its module. */
async function writeLamp(file: object = lampFile): Promise<void> {
  await workspace.write('lamp.js', "throw new Error('planning runs no code');");
  await workspace.write('lamp.plugin.json', JSON.stringify(file));
}

const house = [
  'tier: house',
  'device: { cores: 2, memoryMiB: 512 }',
  'requires: [light]',
  'plugins:',
  '  lamp:',
  '    use: ./lamp.js',
  '    config: { level: 3 }',
  '  log-winston: { when: VERBOSE }',
  '',
].join('\n');

describe('tiercel plan', () => {
  it('shows what is decided and where each value comes from, but no secret', async () => {
    await writeLamp();
    await workspace.write('house.yaml', house);

    const { exitCode, stdout, stderr } = await tiercel(['plan', 'house.yaml'], { LAMP_KEY: 'hunter2' });

    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      'house.yaml: tier house, 1 plugin on 1 level, about 100 MiB',
      'promises: light',
      '',
      'level 0',
      '  lamp: @acme/lamp 1.0.0, inline, 100 MiB',
      '    provides  light  to no plugin',
      '    config    level  3 from house.yaml:7:15',
      '    config    key    ‹secret› from environment variable LAMP_KEY',
      '',
      'not started, because the condition does not hold',
      '  log-winston  when: VERBOSE',
      '',
      'fit',
      '  memory  needs 150 of 512 MiB of the device, 362 spare (most: lamp 100, the kernel 50)',
      '',
    ]);
  });

  it('is one JSON document when asked, problems included', async () => {
    await writeLamp();
    await workspace.write('house.yaml', `${house}bind: { light: lmap }\n`);

    const { exitCode, stdout, stderr } = await tiercel(['plan', 'house.yaml', '--json'], {
      LAMP_KEY: 'hunter2',
    });

    expect([exitCode, stderr]).toEqual([2, '']);
    expect(stdout).not.toContain('hunter2');
    expect(JSON.parse(stdout)).toMatchObject({
      tier: 'house',
      isSound: false,
      plugins: [{ plugin: 'lamp', placement: 'inline' }],
      problems: [{ code: 'KERNEL_BIND_UNKNOWN', at: { line: 9 } }],
    });
  });

  it('of a broken manifest still shows what there is', async () => {
    await workspace.write('house.yaml', 'tier: house\nplugins:\n  assistant:\n');

    const { exitCode, stdout, stderr } = await tiercel(['plan', 'house.yaml']);

    expect(exitCode).toBe(2);
    expect(stdout).toContain('requires  log ');
    expect(stderr).toContain('house.yaml:3:3 KERNEL_CAPABILITY_MISSING');
  });

  it('runs no code of a plugin, and none that is native', async () => {
    const noNativeCode = {
      NODE_OPTIONS: `--import data:text/javascript,process.dlopen=()=>{throw(new(Error)('native'))}`,
    };

    for (const command of [['plan'], ['why', 'assistant', '--tier'], ['graph'], ['lock']]) {
      const { exitCode } = await tiercel([...command, 'mid'], noNativeCode);
      expect([command, exitCode]).toEqual([command, 0]);
    }
  });
});

describe('tiercel check', () => {
  it('ends with what it takes, and one command for all that is missing', async () => {
    const lines = ['  horn: { use: "@nowhere/horn" }', '  bell: { use: "@nowhere/bell", version: ^2 }', ''];
    await workspace.write('house.yaml', ['tier: house', 'plugins:', ...lines].join('\n'));

    const broken = await tiercel(['check', 'house.yaml']);
    const sound = await tiercel(['check', 'edge']);

    expect([broken.exitCode, sound.exitCode]).toEqual([2, 0]);
    expect(broken.stderr).toMatch(
      /\nNot everything is installed\. Run: npm install --save-exact @nowhere\/horn '@nowhere\/bell@\^2'\n$/,
    );
    expect(sound.stdout).toMatch(
      /\nWhat it takes:\n {2}memory {2}needs [\d,]+ of 8,192 MiB of the device, .*\n {2}disk .*\n$/,
    );
    expect(sound.stderr).not.toContain('install');
  });
});

describe('the memory of a language model', () => {
  const needs = async (environment: Readonly<Record<string, string>>) => {
    const { stdout } = await tiercel(['plan', 'mid', '--json'], environment);
    const { plugins } = JSON.parse(stdout);
    return plugins.find(({ plugin }: { plugin: string }) => plugin === 'llm-local').memoryMiB;
  };

  it('follows from the file and from how it is configured', async () => {
    const usual = await needs({});
    const twice = await needs({ LLM_SLOTS: '4' });

    // Keys and values of 4,096 tokens: 30 layers, 3 heads of 64, two of them, 16 bits each.
    expect(twice - usual).toBe((2 * 4_096 * 30 * 3 * 64 * 2 * 2) / 2 ** 20);
  });

  it('is what the plugin declares where there is no such file', async () => {
    expect(await needs({ LLM_MODEL_PATH: './not-here.gguf' })).toBe(540);
  });
});

describe('tiercel why', () => {
  it('explains a capability: who serves it, who does not, who asks', async () => {
    const { exitCode, stdout } = await tiercel(['why', 'language-model', '--tier', 'edge']);

    expect(exitCode).toBe(0);
    expect(stdout.replace(/at \S+edge\.yaml/, 'at edge.yaml')).toBe(
      [
        'language-model is served by llm-remote (@tiercel/llm-remote, contract 1.0.0): the manifest binds it at edge.yaml:22:3.',
        'not taken',
        '  llm-local  its "when: RUN_LOCAL_LLM" does not hold',
        'asked for by',
        '  assistant  ^1.0.0  optional; because of requires: assistant → assistant',
        '',
      ].join('\n'),
    );
  });

  it('explains a plugin, and both where they share a name', async () => {
    const plugin = JSON.parse((await tiercel(['why', 'llm-local', '--json'])).stdout);
    const both = JSON.parse((await tiercel(['why', 'assistant', '--json'])).stdout);

    expect(Object.keys(plugin)).toEqual(['plugin', 'problems']);
    expect(plugin).toMatchObject({ plugin: { verdict: 'starts', package: '@tiercel/llm-local' } });
    expect(both).toMatchObject({ capability: { verdict: 'only' }, plugin: { verdict: 'starts' } });
  });

  it('names what may be meant', async () => {
    const { exitCode, stdout, stderr } = await tiercel(['why', 'langage-model']);

    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error CLI_NAME_UNKNOWN: .* Did you mean language-model\? /);
  });
});

describe('tiercel graph', () => {
  it('draws in each format', async () => {
    const [text, mermaid, dot, json] = await Promise.all(
      [[], ['--format', 'mermaid'], ['--format', 'dot'], ['--json']].map((options) =>
        tiercel(['graph', 'mid', ...options]),
      ),
    );

    expect(text?.stdout).toMatch(/^tier mid: \d+ plugins, \d+ connections\n/);
    expect(mermaid?.stdout).toMatch(/^flowchart LR\n/);
    expect(dot?.stdout).toMatch(/^digraph "mid" \{\n/);
    expect(JSON.parse(json?.stdout ?? '')).toMatchObject({ tier: 'mid', nodes: expect.any(Array) });
  });

  it('draws a plan with problems, and tells them', async () => {
    await workspace.write('house.yaml', 'tier: house\nplugins: { assistant: {}, clock-system: {} }\n');

    const { exitCode, stdout, stderr } = await tiercel(['graph', 'house.yaml']);

    expect(exitCode).toBe(2);
    expect(stdout).toContain('-->  clock-system  clock');
    expect(stderr).toContain('KERNEL_CAPABILITY_MISSING');
  });

  it('refuses another format', async () => {
    const { exitCode, stderr } = await tiercel(['graph', '--format', 'png']);

    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('text, mermaid, dot, json')]);
  });
});

describe('tiercel diff', () => {
  it('tells what changes between two tiers', async () => {
    const { exitCode, stdout } = await tiercel(['diff', 'edge', 'mid']);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^edge → mid\n {2}starts .*llm-local .*\n {2}stops .*llm-remote .*\n {2}rebinds {2}language-model .*\n {2}memory /,
    );
  });

  it('takes manifests and locks, and masks secrets', async () => {
    await writeLamp();
    await workspace.write('house.yaml', house);
    await workspace.write(
      'other.yaml',
      'extends: house.yaml\ntier: other\nplugins: { lamp: { config: { level: 5, key: hunter2 } } }\n',
    );
    await tiercel(['lock', 'house.yaml']);

    const plans = await tiercel(['diff', 'house.yaml', 'other.yaml', '--json']);
    const withLock = await tiercel(['diff', 'house.lock', 'other.yaml']);

    expect(plans.stdout).not.toContain('hunter2');
    expect(JSON.parse(plans.stdout)).toMatchObject({
      tier: { from: 'house', to: 'other' },
      configures: [
        { plugin: 'lamp', key: 'level', from: '3', to: '5' },
        { plugin: 'lamp', key: 'key', to: '‹secret›' },
      ],
    });
    expect(withLock.stdout).toContain('configures  lamp.level  ‹locked› → 5');
  });

  it('refuses to compare what is no sound plan', async () => {
    const { exitCode, stdout, stderr } = await tiercel(['diff', 'mid', 'gone.yaml']);

    expect([exitCode, stdout, stderr]).toEqual([
      2,
      '',
      expect.stringContaining('KERNEL_MANIFEST_UNREADABLE'),
    ]);
  });
});

describe('tiercel lock', () => {
  it('pins models by the hashes of their files', async () => {
    const { exitCode, stdout } = await tiercel(['lock', 'mid']);

    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/^mid\.lock pins tier mid: \d+ plugins\.\n$/),
    ]);
    const lock = await readFile(workspace.path('mid.lock'), 'utf8');
    expect(lock).toMatch(/name: whisper-base\n +files:\n(?: +\S+: [0-9a-f]{64}\n)+/);
  });

  it('lies beside its manifest, or where it is told to', async () => {
    await writeLamp();
    await workspace.write('a/house.yaml', house.replace('./lamp.js', '../lamp.js'));

    const beside = JSON.parse((await tiercel(['lock', 'a/house.yaml', '--json'])).stdout);
    await tiercel(['lock', 'a/house.yaml', '--output', 'my.lock']);

    expect(beside).toMatchObject({ file: 'a/house.lock', lock: { lockVersion: 1, tier: 'house' } });
    expect(await readFile(workspace.path('my.lock'), 'utf8')).toBe(
      await readFile(workspace.path('a/house.lock'), 'utf8'),
    );
  });

  it('reads the files of a model that is given by path', async () => {
    await writeLamp();
    const lockWith = async (content: string) => {
      await workspace.write('voice.bin', content);
      await workspace.write('house.yaml', house.replace('level: 3', 'model: ./voice.bin'));
      return JSON.parse((await tiercel(['lock', 'house.yaml', '--json'])).stdout).lock.plugins.lamp.artifacts;
    };

    const [one, other] = [await lockWith('one'), await lockWith('other')];

    expect(one).toMatchObject({ model: { name: './voice.bin', files: { 'voice.bin': expect.any(String) } } });
    expect(other).not.toEqual(one);
  });

  it.each([
    ['a model that nobody knows', 'model: moon-base', 'CLI_MODEL_UNKNOWN'],
    ['a model file that is not there', 'model: ./moon.bin', 'CLI_MODEL_UNKNOWN'],
    ['a manifest with problems', 'level: high', 'KERNEL_PLAN_INVALID'],
  ])('refuses %s', async (_title, config, code) => {
    await writeLamp();
    await workspace.write('house.yaml', house.replace('level: 3', config));

    const { exitCode, stderr } = await tiercel(['lock', 'house.yaml']);

    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(code)]);
  });

  it('says so where it cannot be written', async () => {
    const { exitCode, stderr } = await tiercel(['lock', 'mid', '--output', 'no/such/folder.lock']);

    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('CLI_LOCK_UNWRITABLE')]);
  });
});

describe('tiercel start --locked', () => {
  const small = 'tier: small\nplugins:\n  clock-system:\n  log-winston: { config: { level: error } }\n';
  const whenReady = {
    signal: 'SIGTERM',
    when: ({ stderr }: { readonly stderr: string }) => /ready:/.test(stderr),
  } as const;

  it('starts what was locked', async () => {
    await workspace.write('small.yaml', small);
    await tiercel(['lock', 'small.yaml']);

    const { exitCode, stderr } = await runTiercel(['start', '--tier', 'small.yaml', '--locked'], {
      directory: workspace.directory,
      interrupt: whenReady,
    });

    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('ready: tier small, 2 plugins')]);
  });

  it('refuses what has drifted, and lists all of it', async () => {
    await workspace.write('small.yaml', small);
    await tiercel(['lock', 'small.yaml', '--output', 'kept.lock']);
    await workspace.write('small.yaml', 'tier: small\nplugins:\n  log-winston: { boot: degrade }\n');

    const { exitCode, stderr } = await tiercel(['start', '--tier', 'small.yaml', '--locked', 'kept.lock']);

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error PLANS_LOCK_DRIFTED: This is not what kept\.lock says \(4 differences\)/);
    expect(stderr.match(/^ {2}\S.*$/gm)).toEqual([
      '  clock-system: @tiercel/clock-system 0.1.0 is in the lock and not in this plan.',
      '  log-winston: it is degrade at boot, locked is required.',
      '  log-winston.level: it has its default, locked is a value of its own.',
      '  the manifest: its content, with all that it extends, has changed.',
    ]);
    expect(stderr).not.toContain('ready');
  });

  it('refuses without a lock, or with something else', async () => {
    await workspace.write('small.yaml', small);
    await workspace.write('small.lock', 'lockVersion: 1\n');

    const broken = await tiercel(['start', '--tier', 'small.yaml', '--locked']);
    await rm(workspace.path('small.lock'));
    const missing = await tiercel(['start', '--tier', 'small.yaml', '--locked']);

    expect([broken.exitCode, broken.stderr]).toEqual([2, expect.stringContaining('PLANS_LOCK_INVALID')]);
    expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining('CLI_LOCK_UNREADABLE')]);
  });

  it('keeps to the lock when it is told to read its manifest anew', async () => {
    await workspace.write('small.yaml', small);
    await tiercel(['lock', 'small.yaml']);
    const child = spawn(process.execPath, [bin, 'start', '--tier', 'small.yaml', '--locked'], {
      cwd: workspace.directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });

    let stderr = '';
    let isChanged = false;
    let isEnded = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (!isChanged && stderr.includes('ready:')) {
        isChanged = true;
        void workspace
          .write('small.yaml', small.replace('  clock-system:\n', ''))
          .then(() => child.kill('SIGHUP'));
      }
      // A second signal would end it without a farewell.
      if (!isEnded && stderr.includes('PLANS_LOCK_DRIFTED')) {
        isEnded = true;
        child.kill('SIGTERM');
      }
    });
    const exitCode = await new Promise((resolve) => child.once('close', resolve));

    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/reloading\nerror PLANS_LOCK_DRIFTED: .*clock-system 0\.1\.0 is in the lock/s);
    expect(stderr).not.toContain('reloaded');
  });
});

describe('tiercel, with a tier that is to be measured', () => {
  it('says on one line what it chose and why', async () => {
    const named = await tiercel(['check', 'auto', '--json']);
    const role = await tiercel(['check', '--json'], { NODE_ROLE: 'auto' });

    for (const { exitCode, stdout, stderr } of [named, role]) {
      const { tier } = JSON.parse(stdout);
      expect(exitCode).toBe(0);
      expect(stderr).toMatch(new RegExp(`^tier ${tier}: [\\d,]+ MiB of memory .*\\.\\n$`));
    }
  });
});
