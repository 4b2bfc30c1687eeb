import type { MethodShape } from '@tiercel/kernel';
import type { FoundContract } from './find-contract.js';
import { keyOf } from './name-finding.js';
import type { Template } from './templates.js';

/** A package for a contract of which nothing is known but its members: each of them is still to be written, and says so. */
export function providerSkeleton(name: string, contract: FoundContract): Template {
  const key = keyOf(name);
  const { token, specifier } = contract;
  const className = classNameOf(key, token);
  const module = kebabOf(className);
  const parts = { key, name, contract, className, module };
  return {
    description: `Provides ${token} of ${specifier}.`,
    besides: [],
    files: new Map([
      ['src/errors.ts', errorsSource(parts)],
      ['src/index.ts', indexSource(parts)],
      [`src/${module}.ts`, providerSource(parts)],
      [`src/${key}.test.ts`, testSource(parts)],
      ['tier.yaml', manifestSource(parts)],
    ]),
  };
}

interface Parts {
  readonly key: string;
  readonly name: string;
  readonly contract: FoundContract;
  readonly className: string;
  readonly module: string;
}

/** Providers say how they differ: `polite-greeter` gives `PoliteGreeter`, `lamp` gives `LampGreeter`. */
function classNameOf(key: string, token: string): string {
  const words = key.split(/[^a-z0-9]+/).filter(Boolean);
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  if (pascal === token) return `Own${token}`;
  return pascal.endsWith(token) ? pascal : `${pascal}${token}`;
}

function kebabOf(className: string): string {
  return className.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}

function codeOf(className: string): string {
  return `${kebabOf(className).replaceAll('-', '_').toUpperCase()}_UNWRITTEN`;
}

function errorsSource({ className, module }: Parts): string {
  return text(
    `import { defineErrors } from '@tiercel/kernel';`,
    '',
    `export const ${className}Error = defineErrors('${className}Error', {`,
    `  ${codeOf(className)}: (d: { member: string }) =>`,
    `    \`Member \${d.member} has not been written yet. Write it in src/${module}.ts.\`,`,
    '});',
  );
}

function indexSource({ name, contract: { token, specifier }, className, module }: Parts): string {
  return text(
    `import { definePlugin, provide } from '@tiercel/kernel';`,
    `import { ${token} } from '${specifier}';`,
    `import { ${className} } from './${module}.js';`,
    '',
    'export default definePlugin({',
    `  name: '${name}',`,
    `  version: '0.1.0',`,
    `  provides: { provider: provide(${token}) },`,
    `  setup: () => ({ provider: new ${className}() }),`,
    '});',
  );
}

function providerSource({ contract: { token, specifier, methods }, className }: Parts): string {
  const members = Object.entries(methods).map(([member, shape]) => memberSource(member, shape, token));
  return text(
    `import type { ${token} } from '${specifier}';`,
    `import { ${className}Error } from './errors.js';`,
    '',
    `export class ${className} implements ${token} {`,
    members.join('\n\n'),
    '}',
    '',
    'function unwritten(member: string): never {',
    `  throw new ${className}Error('${codeOf(className)}', { member });`,
    '}',
  );
}

function memberSource(member: string, shape: MethodShape, token: string): string {
  const type = `${token}['${member}']`;
  const body = `unwritten('${member}')`;
  switch (shape) {
    case 'unary':
    case 'stream-in':
      return `  readonly ${member}: ${type} = async () => ${body};`;
    case 'stream-out':
    case 'duplex':
      return `  readonly ${member}: ${type} = async function* () {\n    ${body};\n  };`;
    case 'notify':
    case 'local':
      return `  readonly ${member}: ${type} = () => ${body};`;
    case 'fact':
      return `  get ${member}(): ${type} {\n    return ${body};\n  }`;
  }
}

function testSource({ key, contract: { token, specifier, suite } }: Parts): string {
  if (suite === undefined) {
    return text(
      `import { describe, expect, it } from '@jest/globals';`,
      `import { bootTest } from '@tiercel/testkit';`,
      `import { ${token} } from '${specifier}';`,
      `import plugin from './index.js';`,
      '',
      `describe('${key}', () => {`,
      `  it('provides ${token}', async () => {`,
      '    await using test = await bootTest({ plugins: [plugin] });',
      '',
      `    expect(test.node.has(${token})).toBe(true);`,
      '  });',
      '});',
    );
  }
  return text(
    `import { ${token} } from '${specifier}';`,
    `import { ${suite} } from '${specifier}/testing';`,
    `import { describeInEveryPlacement } from '@tiercel/testkit';`,
    '',
    'describeInEveryPlacement(',
    `  '${key}',`,
    `  { capability: ${token}, plugin: './dist/index.js', key: '${key}' },`,
    `  (title, open) => ${suite}(title, open),`,
    ');',
  );
}

function manifestSource({ key, contract: { token } }: Parts): string {
  return text(
    '# yaml-language-server: $schema=./node_modules/@tiercel/tiers/tier.schema.json',
    `# A node that runs nothing but this provider of ${token}.`,
    `tier: with-${key}`,
    'plugins:',
    `  ${key}: { use: ./dist/index.js }`,
  );
}

function text(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
