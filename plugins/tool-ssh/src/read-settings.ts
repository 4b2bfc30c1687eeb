import { homedir } from 'node:os';
import path from 'node:path';
import type { ToolPhrases } from '@tiercel/capabilities/tool-provider';
import { SettingsReader } from '@tiercel/tools/settings-reader';
import { CommandTemplate, readCommand } from './command-template.js';
import { SshError } from './errors.js';
import { type Parameter, readParameter } from './parameter.js';
import type {
  CommandToolSettings,
  HostSettings,
  SshSettings,
  ToolSettings,
  TransferToolSettings,
} from './settings.js';

const toolName = /^[a-z][a-z0-9_]{0,63}$/;
const hostName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const dayMs = 86_400_000;
const defaultMaxBytes = 100 * 1024 * 1024;

export interface RawSettings {
  readonly groups: Readonly<Record<string, unknown>>;
  readonly hosts: Readonly<Record<string, unknown>>;
  readonly tools: Readonly<Record<string, unknown>>;
}

/** Reads hosts and tools. Throws one `SSH_CONFIG_INVALID` with everything that is wrong. */
export function readSettings({ groups, hosts, tools }: RawSettings): SshSettings {
  const findings: string[] = [];
  const groupMaps = mapsOf('groups', groups, findings);
  const hostsByName = new Map<string, HostSettings>();
  for (const [name, settings] of mapsOf('hosts', hosts, findings)) {
    if (!hostName.test(name))
      findings.push(`${settings.where}: the name is not letters, digits, ".", "_" and "-"`);
    hostsByName.set(name, readHost(name, settings, groupMaps));
  }
  for (const settings of groupMaps.values()) readGroup(settings);
  const readTools = [...mapsOf('tools', tools, findings)].map(([name, settings]) =>
    readTool(name, settings, hostsByName),
  );
  const shell = shellTool([...hostsByName.values()]);
  if (shell && readTools.some(({ name }) => name === shell.name))
    findings.push(`tools.${shell.name} has the name of the tool for groups with shell: true`);
  if (findings.length > 0) throw new SshError('SSH_CONFIG_INVALID', { findings: [...new Set(findings)] });
  return { hosts: [...hostsByName.values()], tools: [...readTools, ...(shell ? [shell] : [])] };
}

function mapsOf(
  where: string,
  values: Readonly<Record<string, unknown>>,
  findings: string[],
): ReadonlyMap<string, SettingsReader> {
  return new Map(
    Object.entries(values).map(([name, value]) => [
      name,
      new SettingsReader(`${where}.${name}`, value, findings),
    ]),
  );
}

/** What a host and its group may both say; the host's own word counts. */
function readShared(settings: SettingsReader) {
  const identityFile = settings.text('identityFile');
  return {
    port: settings.whole('port', { min: 1, max: 65_535 }),
    user: settings.text('user'),
    identityFile: identityFile === undefined ? undefined : expandHome(identityFile),
    useAgent: settings.flag('useAgent'),
    agentKeySha256: readFingerprints(settings, 'agentKeySha256')?.[0],
    hostKeys: settings.choice('hostKeys', ['strict', 'accept-new']),
    allowRoot: settings.flag('allowRoot'),
  };
}

function readGroup(settings: SettingsReader) {
  const shared = readShared(settings);
  const hasShell = settings.flag('shell') ?? false;
  settings.done();
  return { ...shared, hasShell };
}

function readHost(
  name: string,
  settings: SettingsReader,
  groups: ReadonlyMap<string, SettingsReader>,
): HostSettings {
  const own = readShared(settings);
  const groupName = settings.text('group');
  const groupMap = groupName === undefined ? undefined : groups.get(groupName);
  if (groupName !== undefined && !groupMap) settings.wrong('group', `is not one of ${namesOf(groups)}`);
  const group = groupMap ? readGroup(groupMap) : undefined;
  const address = settings.neededText('address');
  if (!/^[A-Za-z0-9:._%-]*$/.test(address) || address.startsWith('-'))
    settings.wrong('address', 'is not a host name or an IP address');
  const user = own.user ?? group?.user ?? '';
  if (user === '') settings.wrong('user', 'is missing');
  if (user === 'root' && !(own.allowRoot ?? group?.allowRoot ?? false))
    settings.wrong(
      'user',
      'is root; use a user that may do just what the tools need, or set allowRoot: true',
    );
  const hostKeySha256 = readFingerprints(settings, 'hostKeySha256') ?? [];
  if (settings.has('shell'))
    settings.wrong('shell', 'belongs to a group: a free shell is a rule for all its hosts');
  settings.done();
  return {
    name,
    address,
    port: own.port ?? group?.port ?? 22,
    user,
    identityFile: own.identityFile ?? group?.identityFile,
    useAgent: own.useAgent ?? group?.useAgent ?? true,
    agentKeySha256: own.agentKeySha256 ?? group?.agentKeySha256,
    hostKeys: own.hostKeys ?? group?.hostKeys ?? 'strict',
    hostKeySha256,
    hasShell: group?.hasShell ?? false,
  };
}

/** One text or a list of them, as `ssh-keygen -l` prints them. */
function readFingerprints(settings: SettingsReader, key: string): readonly string[] | undefined {
  const value = settings.raw(key);
  if (value === undefined) return undefined;
  const texts = [value].flat();
  const isGood = texts.every((text) => typeof text === 'string' && /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text));
  if (!isGood || texts.length === 0)
    settings.wrong(key, 'is not SHA256: and 43 characters, as "ssh-keygen -l" prints');
  return texts.map((text) => String(text).replace(/=$/, ''));
}

function readTool(
  name: string,
  settings: SettingsReader,
  hosts: ReadonlyMap<string, HostSettings>,
): ToolSettings {
  if (!toolName.test(name)) settings.findings.push(`${settings.where}: the name is not [a-z][a-z0-9_]{0,63}`);
  const kinds = (['command', 'get', 'put'] as const).filter((kind) => settings.has(kind));
  const [kind = 'command'] = kinds;
  if (kinds.length !== 1)
    settings.findings.push(`${settings.where} needs exactly one of command, get and put`);
  const tool =
    kind === 'command'
      ? readCommandTool(name, settings, hosts)
      : readTransferTool(name, kind, settings, hosts);
  settings.done();
  return tool;
}

function readCommon(name: string, settings: SettingsReader, hosts: ReadonlyMap<string, HostSettings>) {
  const wanted = settings.texts('hosts') ?? [];
  if (!settings.has('hosts')) settings.wrong('hosts', 'is missing');
  const found = [...new Set(wanted)].flatMap((host) => {
    const known = hosts.get(host);
    if (!known) settings.wrong('hosts', `names "${host}", which is not one of ${namesOf(hosts)}`);
    return known ? [known] : [];
  });
  return {
    name,
    description: settings.neededText('description'),
    hosts: found,
    effect: settings.choice('effect', ['read', 'write', 'destructive']) ?? 'write',
    weight: settings.choice('weight', ['light', 'heavy']) ?? 'light',
    idempotent: settings.flag('idempotent'),
    policy: settings.choice('policy', ['allow', 'ask', 'deny']),
    limits: {
      timeoutMs: settings.whole('timeoutMs', { min: 1, max: dayMs }) ?? 30_000,
      outputBytes: settings.whole('outputBytes', { min: 1_024, max: 16 * 1024 * 1024 }) ?? 65_536,
      concurrency: settings.whole('concurrency', { min: 1, max: 64 }) ?? 4,
    },
  } as const;
}

function readCommandTool(
  name: string,
  settings: SettingsReader,
  hosts: ReadonlyMap<string, HostSettings>,
): CommandToolSettings {
  const common = readCommon(name, settings, hosts);
  const parameters = [...settings.maps('parameters')].map(([key, inner]) => readParameter(key, inner));
  if (common.hosts.length > 1 && parameters.some((parameter) => parameter.name === 'host'))
    settings.wrong('parameters', 'has "host", which chooses among the hosts of this tool');
  return {
    ...common,
    kind: 'command',
    command: readCommand(settings, parameters),
    parameters,
    phrases: readPhrases(settings),
  };
}

function readPhrases(settings: SettingsReader): Readonly<Record<string, ToolPhrases>> | undefined {
  if (!settings.has('phrases')) return undefined;
  const entries = [...settings.maps('phrases')].map(([language, inner]) => {
    const templates = inner.texts('templates') ?? [];
    const answer = inner.text('answer');
    if (templates.length === 0) inner.wrong('templates', 'is missing');
    inner.done();
    return [language, { templates, ...(answer !== undefined && { answer }) }] as const;
  });
  return Object.fromEntries(entries);
}

function readTransferTool(
  name: string,
  kind: 'get' | 'put',
  settings: SettingsReader,
  hosts: ReadonlyMap<string, HostSettings>,
): TransferToolSettings {
  const common = readCommon(name, settings, hosts);
  const inner = settings.map(kind);
  const remoteRoot = inner.neededText('remoteRoot');
  if (!remoteRoot.startsWith('/')) inner.wrong('remoteRoot', 'is not an absolute path');
  const localRoot = expandHome(inner.neededText('localRoot'));
  if (!path.isAbsolute(localRoot)) inner.wrong('localRoot', 'is not an absolute path');
  const maxBytes = inner.whole('maxBytes', { min: 1, max: 2 ** 40 }) ?? defaultMaxBytes;
  const overwrites = inner.flag('overwrite') ?? false;
  inner.done();
  return { ...common, kind, remoteRoot, localRoot, maxBytes, overwrites };
}

/** The tool in which the model writes the command: only for hosts whose group says `shell: true`. */
function shellTool(hosts: readonly HostSettings[]): CommandToolSettings | undefined {
  const open = hosts.filter(({ hasShell }) => hasShell);
  if (open.length === 0) return undefined;
  const command: Parameter = {
    name: 'command',
    type: 'string',
    description: 'Command line for sh, in one line',
    isRequired: true,
    default: undefined,
    choices: undefined,
    pattern: undefined,
    minLength: 1,
    maxLength: 2_000,
    minimum: 0,
    maximum: 0,
    allowsDash: true,
    slot: undefined,
  };
  return {
    kind: 'command',
    name: 'ssh_shell',
    description: 'Runs a command line on another machine and returns its exit code and output.',
    hosts: open,
    effect: 'destructive',
    weight: 'light',
    idempotent: false,
    policy: undefined,
    limits: { timeoutMs: 30_000, outputBytes: 65_536, concurrency: 4 },
    command: new CommandTemplate([[{ text: 'sh' }], [{ text: '-c' }], [{ parameter: command }]], [command]),
    parameters: [command],
    phrases: undefined,
  };
}

function namesOf(map: ReadonlyMap<string, unknown>): string {
  return [...map.keys()].join(', ') || 'none';
}

export function expandHome(file: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homedir(), file.slice(1)) : file;
}
