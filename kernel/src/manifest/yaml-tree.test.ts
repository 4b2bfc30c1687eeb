import { describe, expect, it } from '@jest/globals';
import { LocatedTree, parseYaml, REMOVED, treeOf, UNREADABLE } from './yaml-tree.js';

const parse = (text: string) => parseYaml(text, 'a.yaml');
const at = (line: number, column: number) => ({ file: 'a.yaml', line, column });
const findings = (text: string) =>
  parse(text).problems.map((found) => `${found.at?.line}:${found.at?.column} ${found.message}`);

describe('parseYaml, positions', () => {
  const { tree } = parse(
    [
      '# a comment',
      'lamp:',
      '  level: 3',
      '  rooms: [hall,  kitchen]',
      'other: { a: 1, b: { c: 2 } }',
      '',
    ].join('\n'),
  );

  it.each<[(string | number)[], number, number]>([
    [['lamp'], 2, 1],
    [['lamp', 'level'], 3, 3],
    [['lamp', 'rooms', 0], 4, 11],
    [['lamp', 'rooms', 1], 4, 18],
    [['other', 'a'], 5, 10],
    [['other', 'b', 'c'], 5, 21],
  ])('finds %j', (path, line, column) => {
    expect(tree.at(path)).toEqual(at(line, column));
  });

  it('falls back to what is around a value that is not there', () => {
    expect(tree.at(['lamp', 'colour', 'hue'])).toEqual(at(2, 1));
    expect(tree.at(['nothing'])).toEqual(at(2, 1));
  });

  it('finds an item of a list by its value too', () => {
    expect(tree.at(['lamp', 'rooms', 'kitchen'])).toEqual(at(4, 18));
    expect(tree.at(['lamp', 'rooms', 'attic'])).toEqual(at(4, 3));
    expect(tree.at(['lamp', 'level', 'kitchen'])).toEqual(at(3, 3));
  });

  it('knows no position in an empty text', () => {
    expect(parse('').tree.at(['lamp'])).toBeUndefined();
  });

  it('counts columns in characters behind Windows line ends', () => {
    expect(parse('a: 1\r\nb:\r\n  c: 2\r\n').tree.at(['b', 'c'])).toEqual(at(3, 3));
  });

  it('points at the anchor for values inside an alias, and at the key for the alias itself', () => {
    const { tree: aliased } = parse('a: &x { level: 1 }\nb: *x\n');

    expect(aliased.value).toEqual({ a: { level: 1 }, b: { level: 1 } });
    expect(aliased.at(['b'])).toEqual(at(2, 1));
    expect(aliased.at(['b', 'level'])).toEqual(at(1, 9));
  });
});

describe('parseYaml, values', () => {
  it.each<[string, unknown]>([
    ['a:', undefined],
    ['a: ', undefined],
    ['a: # comment', undefined],
    ['a: null', REMOVED],
    ['a: ~', REMOVED],
    ['a: NULL', REMOVED],
    ['a: !!null null', REMOVED],
    ["a: ''", ''],
    ["a: 'null'", 'null'],
    ['a: yes', 'yes'],
    ['a: 012', 12],
    ['a: 2024-01-01', '2024-01-01'],
    ['a: [1, null, ]', [1, REMOVED]],
  ])('reads %j', (text, value) => {
    const { tree, problems } = parse(text);

    expect(problems).toEqual([]);
    expect(Reflect.get(tree.value as object, 'a')).toEqual(value);
  });

  it('makes maps without a prototype, so that no key is special', () => {
    const { tree } = parse('__proto__: { a: 1 }\nconstructor: 2\n');

    expect(Object.getPrototypeOf(tree.value)).toBeNull();
    expect(Object.keys(tree.value as object)).toEqual(['__proto__', 'constructor']);
  });
});

describe('parseYaml, faults', () => {
  it.each([
    ['a duplicate key, and reads the rest', 'a: 1\nb: 2\na: 3\n', ['3:1']],
    ['a tab as indentation', 'a:\n\tb: 1\n', ['2:1']],
    ['a bracket left open', 'a: [1, 2\nb: 3\n', ['2:1']],
    ['a quote left open', "a: 'b\n", ['2:1']],
    ['a second document', 'a: 1\n---\nb: 2\n', ['2:1']],
    ['an alias without an anchor', 'a: 1\nb: *nowhere\n', ['2:4']],
    ['an alias before its anchor', 'a: *x\nb: &x 1\n', ['1:4']],
    ['an unknown tag', 'a: !lamp 1\n', ['1:4']],
  ])('reports %s', (_title, text, positions) => {
    const { problems } = parse(text);

    expect(problems.map((found) => found.code)).toEqual(positions.map(() => 'KERNEL_YAML_INVALID'));
    expect(problems.map((found) => `${found.at?.line}:${found.at?.column}`)).toEqual(positions);
  });

  it('reads nothing from broken syntax', () => {
    expect(parse('a: [1, 2\nb: 3\n').tree.value).toBe(UNREADABLE);
  });

  it('reads the last of duplicate keys', () => {
    expect(parse('a: 1\na: 3\n').tree.value).toEqual({ a: 3 });
  });

  it('speaks of manifests, never of the parser', () => {
    expect(findings('a: 1\n---\nb: 2\n')).toEqual([
      '2:1 This is not valid YAML: a second document starts here, and a manifest is only one',
    ]);
  });

  it.each([
    ['a: *hunter2\n', 'this alias has no anchor above it; put a text that begins with "*" in quotes'],
    [
      'a: !hunter2\n',
      'a tag stands here, and a manifest has none; put a text that begins with "!" in quotes',
    ],
    ['a: |hunter2\n', 'Block scalar header includes extra characters'],
  ])('quotes nothing of %j, for that may be a secret', (text, finding) => {
    const told = findings(text).join('\n');

    expect(told).toContain(finding);
    expect(told).not.toContain('hunter2');
  });

  it.each([
    ['an anchor inside itself', 'a: &x [*x]\n', 'nested more than 64 levels'],
    ['a deep nest', `a: ${'['.repeat(100)}${']'.repeat(100)}\n`, 'nested more than 64 levels'],
    ['an endless nest', '['.repeat(50_000), 'nested too deeply'],
    ['an endless nest of maps', '{a: '.repeat(20_000), 'nested too deeply'],
    [
      'an alias bomb',
      `a0: &a0 [x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]\n`).join('')}`,
      'more than 100000 values',
    ],
    ['more values than any manifest has', `a: [${'1,'.repeat(100_001)}]`, 'more than 100000 values'],
  ])('gives up on %s with one problem', (_title, text, finding) => {
    const { tree, problems } = parse(text);

    expect(tree.value).toBe(UNREADABLE);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(finding);
  });
});

describe('LocatedTree.merge', () => {
  const merge = (base: string, over: string) =>
    parseYaml(base, 'base.yaml').tree.merge(parseYaml(over, 'over.yaml').tree);

  it('merges maps by key, at every depth', () => {
    expect(merge('a: { b: 1, c: { d: 2 } }', 'a: { c: { e: 3 } }').value).toEqual({
      a: { b: 1, c: { d: 2, e: 3 } },
    });
  });

  it('replaces lists and plain values', () => {
    expect(merge('a: [1, 2]\nb: 1\nc: { d: 1 }', 'a: [3]\nb: x\nc: 5').value).toEqual({
      a: [3],
      b: 'x',
      c: 5,
    });
  });

  it('keeps the order of the base and appends what is new', () => {
    const { value } = merge('a: 1\nb: 2', 'c: 3\nb: 4\n');

    expect(Object.keys(value as object)).toEqual(['a', 'b', 'c']);
  });

  it('leaves a value alone when the upper file has the key but nothing behind it', () => {
    expect(merge('a: { b: 1 }', 'a:').value).toEqual({ a: { b: 1 } });
  });

  it.each(['null', '~'])('takes away what the upper file sets to %s', (nothing) => {
    expect(merge('a: 1\nb: { c: 2, d: 3 }', `a: ${nothing}\nb: { c: ${nothing} }`).value).toEqual({
      b: { d: 3 },
    });
  });

  it('finds each value in the file that it comes from', () => {
    const tree = merge('a:\n  b: 1\n  c: 2\n', '\na:\n  c: 3\n');

    expect(tree.at(['a', 'b'])).toEqual({ file: 'base.yaml', line: 2, column: 3 });
    expect(tree.at(['a', 'c'])).toEqual({ file: 'over.yaml', line: 3, column: 3 });
  });

  it('finds no place in what the upper file has replaced', () => {
    const tree = merge('a:\n  - 1\n  - 2\nb:\n  c: 1\n', '\n\na: 5\nb: x\n');

    expect(tree.at(['a', 0])).toEqual({ file: 'over.yaml', line: 3, column: 1 });
    expect(tree.at(['b', 'c'])).toEqual({ file: 'over.yaml', line: 4, column: 1 });
  });

  it('treats "__proto__" as an ordinary key on both sides', () => {
    const tree = merge('a: 1\n__proto__: { b: 1 }', '__proto__: { c: 2 }\nconstructor: { d: 1 }');

    expect(Object.keys(tree.value as object)).toEqual(['a', '__proto__', 'constructor']);
    expect(JSON.stringify(tree.value)).toBe('{"a":1,"__proto__":{"b":1,"c":2},"constructor":{"d":1}}');
    expect([Reflect.get({}, 'b'), Reflect.get({}, 'c'), Reflect.get({}, 'd')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('stays unreadable when either side is', () => {
    const sound = new LocatedTree({ a: 1 });
    const broken = new LocatedTree(UNREADABLE);

    expect([sound.merge(broken).value, broken.merge(sound).value]).toEqual([UNREADABLE, UNREADABLE]);
  });
});

describe('treeOf', () => {
  it('places plain data in its source, on no line', () => {
    const tree = treeOf({ a: { b: [1] } }, 'The overlay');

    expect(tree.at(['a', 'b', 0])).toEqual({ file: 'The overlay', line: 0, column: 0 });
  });

  it('reads null as "take away"', () => {
    expect(treeOf({ a: null, b: [null] }, 'data').value).toEqual({ a: REMOVED, b: [REMOVED] });
  });

  it('shows its own place for a value that it lays over a file', () => {
    const tree = parse('a:\n  b: 1\n').tree.merge(treeOf({ a: { b: 2 } }, 'The overlay'));

    expect(tree.at(['a', 'b'])?.file).toBe('The overlay');
  });
});
