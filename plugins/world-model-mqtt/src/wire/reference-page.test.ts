import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  ENVELOPE_BYTES,
  formatEnvelope,
  parseObserve,
  parseReply,
  parseState,
  parseStatus,
} from './envelope.js';

const page = readFileSync(path.join(import.meta.dirname, '../../../../docs/reference/mqtt.md'), 'utf8');

const parsers = { observe: parseObserve, state: parseState, reply: parseReply, status: parseStatus } as const;

function examplesOf(kind: keyof typeof parsers): readonly string[] {
  const blocks = [...page.matchAll(/```json (\w+)\n([\s\S]*?)```\n/g)];
  return blocks.flatMap(([, found, block = '']) => (found === kind ? block.trimEnd().split('\n') : []));
}

describe('the reference of MQTT messages', () => {
  it.each(['observe', 'state', 'reply', 'status'] as const)(
    'shows messages of the kind %s with all their fields and no others',
    (kind) => {
      const examples = examplesOf(kind);

      const again = examples.map((text) => {
        const parsed = parsers[kind](Buffer.from(text));
        return parsed.ok ? JSON.parse(formatEnvelope(parsed.value)) : parsed.finding;
      });

      expect(examples).not.toEqual([]);
      expect(again).toEqual(examples.map((text) => JSON.parse(text)));
    },
  );

  it('explains every field of its examples', () => {
    const [, table = ''] = page.split('\n## Fields\n');
    const explained = new Set(
      [...(table.split('\n## ')[0] ?? '').matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) =>
        [...cell.matchAll(/`(\w+)`/g)].map(([, field]) => field),
      ),
    );

    const shown = (['observe', 'state', 'reply', 'status'] as const)
      .flatMap(examplesOf)
      .flatMap((text) => Object.keys(JSON.parse(text)));

    expect(shown.filter((field) => !explained.has(field))).toEqual([]);
  });

  it('names the size of the largest message', () => {
    expect(page).toContain(ENVELOPE_BYTES.toLocaleString('en'));
  });
});
