// Writes the reference pages that follow from code. With --check it writes nothing and fails when a page is out of date.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorCatalogues } from './error-catalogues.js';
import { root, workspaces } from './workspace.js';

const note = '<!-- Made by "npm run docs" from the code. Change the code instead. -->';
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;

async function pluginObjects() {
  const found = [];
  for (const { folder, layer } of workspaces()) {
    const file = path.join(root, folder, 'dist/index.js');
    if (layer !== 'plugins' || !existsSync(file)) continue;
    const plugin = (await import(pathToFileURL(file).href)).default;
    if (plugin) found.push({ folder, plugin });
  }
  return found;
}

function formatName(format) {
  if (typeof format === 'function')
    return { String: 'text', Number: 'number', Boolean: 'true or false' }[format.name];
  if (Array.isArray(format)) return format.map((choice) => `\`${choice}\``).join(', ');
  return (
    { nat: 'whole number ≥ 0', int: 'whole number', fraction: '0 … 1', record: 'map', list: 'list of texts' }[
      format
    ] ?? format
  );
}

async function configPage() {
  const lines = [
    '# Configuration',
    note,
    '',
    'Defaults < manifest < environment. An empty variable counts as not set. Flags take `true 1 yes on false 0 no off`.',
    '',
  ];
  for (const { folder, plugin } of await pluginObjects()) {
    const keys = Object.entries(plugin.config);
    const name = folder.split('/')[1];
    const provides =
      Object.values(plugin.provides)
        .map(({ capability }) => `\`${capability.id}\``)
        .join(', ') || 'nothing';
    lines.push(
      `## [${name}](../../${folder}/README.md)`,
      '',
      `Provides ${provides}.${plugin.needs.memoryMiB ? ` Needs about ${plugin.needs.memoryMiB} MiB.` : ''}`,
      '',
    );
    if (keys.length === 0) {
      lines.push('Takes no configuration.', '');
      continue;
    }
    lines.push(
      row(['key', 'format', 'default', 'variable', 'meaning']),
      row(['---', '---', '---', '---', '---']),
    );
    for (const [key, definition] of keys) {
      const range = [
        definition.min !== undefined && `from ${definition.min}`,
        definition.max !== undefined && `to ${definition.max}`,
      ]
        .filter(Boolean)
        .join(' ');
      const variables = [
        definition.env && `\`${definition.env}\``,
        ...(definition.aliases ?? []).map((alias) => `\`${alias}\` (old)`),
      ]
        .filter(Boolean)
        .join(', ');
      const fallback = definition.sensitive ? '' : `\`${JSON.stringify(definition.default)}\``;
      lines.push(
        row([
          `\`${key}\``,
          [formatName(definition.format), range].filter(Boolean).join(' '),
          fallback,
          variables,
          definition.doc,
        ]),
      );
    }
    lines.push('');
  }
  return lines.join('\n');
}

async function errorsPage() {
  const lines = [
    '# Error codes',
    note,
    '',
    'Compare `code`, never the message. `‹name›` stands for a value. Codes marked ↻ may succeed when tried again.',
    '',
  ];
  for (const { package: owner, file, codes } of await errorCatalogues()) {
    lines.push(
      `## ${owner}, [${file.split('/').slice(-2).join('/')}](../../${file})`,
      '',
      row(['code', 'message']),
      row(['---', '---']),
    );
    for (const { code, text, fix, retryable } of codes) {
      lines.push(row([`\`${code}\`${retryable ? ' ↻' : ''}`, fix ? `${text} **Fix:** ${fix}` : text]));
    }
    lines.push('');
  }
  return lines.join('\n');
}

/** What a value of the manifest may be, in words. */
function shapeName(schema) {
  if (schema.enum) return schema.enum.map((choice) => `\`${choice}\``).join(', ');
  if (schema.anyOf)
    return schema.anyOf
      .filter(({ type }) => type !== 'null')
      .map(shapeName)
      .join(', or ');
  if (schema.type === 'array') return `list of ${shapeName(schema.items)}s`;
  if (schema.type === 'object') return 'map';
  return { string: 'text', integer: 'whole number above 0', boolean: 'true or false' }[schema.type] ?? 'any';
}

function keyRows(schema, prefix = '') {
  return Object.entries(schema.properties).flatMap(([key, inner]) => {
    const name = `${prefix}${key}`;
    const needed = schema.required?.includes(key) ? ' (needed)' : '';
    const own = row([`\`${name}\`${needed}`, shapeName(inner), inner.description ?? '']);
    const record = [inner, ...(inner.anyOf ?? [])].find(({ properties }) => properties);
    return [own, ...(record ? keyRows(record, `${name}.`) : [])];
  });
}

async function manifestPage() {
  const { manifestSchema } = await import(pathToFileURL(path.join(root, 'kernel/dist/index.js')).href);
  const schema = manifestSchema();
  const entry = schema.properties.plugins.additionalProperties.anyOf.find(({ properties }) => properties);
  const head = [row(['key', 'value', 'meaning']), row(['---', '---', '---'])];
  return [
    '# The tier manifest',
    note,
    '',
    'Every key there is; anything else is an error with its line and column. [The guide](../guides/manifests.md) teaches them.',
    'Maps of an extended manifest merge by key, everything else is replaced; `null` takes away what a manifest below brought',
    'in; an empty value leaves it alone. Editors complete from `tier.schema.json` of `@tiercel/tiers`.',
    '',
    ...head,
    ...keyRows(schema),
    '',
    '## A plugin: `plugins.NAME`',
    '',
    ...head,
    ...keyRows(entry),
    '',
  ].join('\n');
}

function cliPage() {
  const tiercel = (args) =>
    execFileSync(process.execPath, [path.join(root, 'packages/cli/bin/tiercel.js'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', COLUMNS: '100' },
    });
  const main = tiercel(['--help']);
  const commandsIn = (help) =>
    [...(help.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name);
  const lines = ['# The tiercel command', note, '', '```text', main.trimEnd(), '```', ''];
  const describe = (words) => {
    const help = tiercel([...words, '--help']);
    lines.push(`## tiercel ${words.join(' ')}`, '', '```text', help.trimEnd(), '```', '');
    for (const inner of commandsIn(help)) describe([...words, inner]);
  };
  for (const command of commandsIn(main)) describe([command]);
  return lines.join('\n');
}

const pages = {
  'docs/reference/config.md': configPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/cli.md': cliPage,
  'docs/reference/manifest.md': manifestPage,
};

const isCheck = process.argv.includes('--check');
const stale = [];
for (const [file, make] of Object.entries(pages)) {
  const text = `${(await make()).trimEnd()}\n`;
  const target = path.join(root, file);
  if (existsSync(target) && readFileSync(target, 'utf8') === text) continue;
  stale.push(file);
  if (!isCheck) writeFileSync(target, text);
}
if (isCheck && stale.length > 0) {
  console.error(`${stale.join(', ')} differ from the code. Run "npm run docs".`);
  process.exit(1);
}
