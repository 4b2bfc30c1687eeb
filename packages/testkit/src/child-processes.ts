import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ChildProcessEntry {
  readonly pid: number;
  readonly command: string;
}

interface ProcessEntry extends ChildProcessEntry {
  readonly parentPid: number;
}

/** Every running process below this one, children of children too. Always empty on Windows, which has no such list at hand. */
export function listChildProcesses(): readonly ChildProcessEntry[] {
  if (process.platform === 'win32') return [];
  const all = process.platform === 'linux' ? readProc() : runPs();
  const below = new Set([process.pid]);
  // A child may stand before its parent, so this goes round until nothing is added.
  for (let known = 0; known < below.size; ) {
    known = below.size;
    for (const { pid, parentPid } of all) if (below.has(parentPid)) below.add(pid);
  }
  return all
    .filter(({ pid }) => pid !== process.pid && below.has(pid))
    .map(({ pid, command }) => ({ pid, command }));
}

function readProc(): readonly ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        // The name stands in brackets and may hold anything, brackets too.
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), parentPid: Number(parent), command }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

function runPs(): readonly ProcessEntry[] {
  const { stdout, pid: ownPid } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], {
    encoding: 'utf8',
  });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || command === undefined || state?.startsWith('Z') || Number(pid) === ownPid)
      return [];
    return [{ pid: Number(pid), parentPid: Number(parent), command }];
  });
}
