import { homedir } from 'node:os';
import path from 'node:path';
import { SettingsReader } from '@tiercel/tools/settings-reader';
import { McpError } from './errors.js';
import type { ServerSettings, ToolSettings } from './settings.js';

const serverName = /^[a-z][a-z0-9_-]{0,31}$/;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const hourMs = 3_600_000;
const mebibyte = 1_048_576;

export interface RawServers {
  readonly servers: Readonly<Record<string, unknown>>;
  /** Variables by server. */
  readonly secrets: Readonly<Record<string, unknown>>;
}

/** Reads the servers. Throws one `MCP_CONFIG_INVALID` with everything that is wrong, and no value of it. */
export function readServers({ servers, secrets }: RawServers): readonly ServerSettings[] {
  const findings: string[] = [];
  const secretsByServer = new SettingsReader('secrets', secrets, findings);
  const names = Object.keys(servers);
  if (names.length === 0) findings.push('servers names no server');
  for (const name of secretsByServer.keys)
    if (!names.includes(name)) secretsByServer.wrong(name, 'is not one of the servers');
  const read = names.map((name) => {
    const settings = new SettingsReader(`servers.${name}`, servers[name], findings);
    if (!serverName.test(name))
      findings.push(`${settings.where} is not named in lower-case letters, digits, "_" and "-"`);
    const secret = readVariables(secretsByServer.map(name));
    return readServer(name, settings, secret);
  });
  if (findings.length > 0) throw new McpError('MCP_CONFIG_INVALID', { findings });
  return read;
}

function readServer(
  name: string,
  settings: SettingsReader,
  secret: Readonly<Record<string, string>>,
): ServerSettings {
  const ownPrefix = settings.raw('prefix');
  const prefix = ownPrefix ?? `${name.replaceAll('-', '_')}_`;
  const isPrefix = typeof prefix === 'string' && /^(?:[a-z][a-z0-9_]{0,39})?$/.test(prefix);
  if (ownPrefix !== undefined && !isPrefix)
    settings.wrong('prefix', 'is neither empty nor up to 40 lower-case letters, digits and "_"');
  const cwd = settings.text('cwd');
  const folder = cwd === undefined ? undefined : expandHome(cwd);
  if (folder !== undefined && !path.isAbsolute(folder)) settings.wrong('cwd', 'is not an absolute path');
  const read = {
    name,
    command: expandHome(settings.neededText('command')),
    args: readArguments(settings),
    cwd: folder,
    env: { ...readVariables(settings.map('env')), ...secret },
    prefix: String(prefix),
    allow: settings.texts('allow') ?? ['*'],
    deny: settings.texts('deny') ?? [],
    tools: new Map([...settings.maps('tools')].map(([tool, inner]) => [tool, readTool(inner)])),
    timeoutMs: settings.whole('timeoutMs', { min: 1, max: hourMs }) ?? 30_000,
    startTimeoutMs: settings.whole('startTimeoutMs', { min: 1, max: hourMs }) ?? 20_000,
    maxMessageBytes: settings.whole('maxMessageBytes', { min: 65_536, max: 256 * mebibyte }) ?? 8 * mebibyte,
    maxCalls: settings.whole('maxCalls', { min: 1, max: 1_024 }) ?? 32,
  };
  settings.done();
  return read;
}

function readArguments(settings: SettingsReader): readonly string[] {
  const value = settings.raw('args') ?? [];
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (isList && !value.some((item: string) => item.includes('\0'))) return value;
  settings.wrong('args', 'is not a list of texts');
  return [];
}

function readVariables(settings: SettingsReader): Readonly<Record<string, string>> {
  const entries = settings.keys.flatMap((name) => {
    const value = settings.raw(name);
    const isGood = ['string', 'number', 'boolean'].includes(typeof value) && !String(value).includes('\0');
    if (!isGood) settings.wrong(name, 'is not a text');
    if (!variableName.test(name)) settings.wrong(name, 'is not the name of a variable');
    return isGood ? [[name, String(value)] as const] : [];
  });
  return Object.fromEntries(entries);
}

function readTool(settings: SettingsReader): ToolSettings {
  const read = {
    policy: settings.choice('policy', ['allow', 'ask', 'deny']),
    effect: settings.choice('effect', ['read', 'write', 'destructive']),
    weight: settings.choice('weight', ['light', 'heavy']),
    idempotent: settings.flag('idempotent'),
    timeoutMs: settings.whole('timeoutMs', { min: 1, max: hourMs }),
    outputBytes: settings.whole('outputBytes', { min: 1_024, max: 16 * mebibyte }),
    concurrency: settings.whole('concurrency', { min: 1, max: 64 }),
  };
  settings.done();
  return read;
}

function expandHome(file: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homedir(), file.slice(1)) : file;
}
