import { formatPosition } from '@tiercel/kernel';
import { aligned } from '../text/aligned.js';
import { names, visible } from '../text/visible.js';
import type { Asker, CapabilityAnswer } from './why-capability.js';
import type { PluginAnswer } from './why-plugin.js';

/** The answer of `whyCapability` as text. */
export function describeCapabilityAnswer(answer: CapabilityAnswer): string {
  const { out, askedBy } = answer;
  const lines = [verdictOf(answer)];
  if (out.length > 0) {
    lines.push('not taken', ...aligned(out.map(({ plugin, why }) => [visible(plugin), visible(why)])));
  }
  if (askedBy.length > 0)
    lines.push('asked for by', ...aligned(askedBy.map((asker) => rowOf(asker, answer))));
  else if (answer.verdict !== 'unknown') lines.push('nobody asks for it');
  return lines.join('\n');
}

function verdictOf({ capability, verdict, servedBy, boundAt, near }: CapabilityAnswer): string {
  const name = visible(capability);
  const providers = servedBy.map(({ plugin, package: from, version }) =>
    visible(`${plugin} (${from}, contract ${version})`),
  );
  const where = boundAt ? ` at ${visible(formatPosition(boundAt))}` : '';
  switch (verdict) {
    case 'bound':
      return `${name} is served by ${providers.join(', then ')}: the manifest binds it${where}.`;
    case 'only':
      return `${name} is served by ${providers.join('')}: no other plugin of this plan provides it.`;
    case 'shared':
      return `${name} is served by ${providers.join(' and ')}: nobody asks for a single one.`;
    case 'ambiguous':
      return `${name} could be served by ${providers.join(' or ')}: nothing says by which. Bind it in the manifest.`;
    case 'nobody':
      return `${name} is served by nobody: no plugin of this plan provides it.`;
    case 'unknown':
      return `No plugin of this plan provides, requires or binds ${name}.${perhaps(near)}`;
  }
}

function rowOf({ plugin, kind, range, chain, servedBy }: Asker, answer: CapabilityAnswer): string[] {
  const accepts = range === undefined ? 'any version' : visible(range);
  if (plugin === undefined) return ['the manifest', accepts, 'under "requires"'];
  const refused = answer.servedBy.filter((each) => each.plugin !== plugin && !servedBy.includes(each.plugin));
  const findings = [
    ...(kind === 'one' ? [] : [kind]),
    chain.length === 0 ? 'no promise leads to it' : `because of ${chain.map(visible).join(' → ')}`,
    ...refused.map((each) => `cannot use ${visible(each.version)} of ${visible(each.plugin)}`),
  ];
  return [visible(plugin), accepts, findings.join('; ')];
}

/** The answer of `whyPlugin` as text. */
export function describePluginAnswer(answer: PluginAnswer): string {
  const { verdict, chain, provides, requires } = answer;
  const lines = [stateOf(answer)];
  if (verdict === 'starts') {
    const reason = `needed because of ${chain.map(visible).join(' → ')}`;
    lines.push(chain.length > 0 ? reason : 'listed, but no promise of the manifest leads to it');
  }
  const rows = [
    ...provides.map(({ capability, to }) => [
      'provides',
      visible(capability),
      `to ${names(to, 'no plugin')}`,
    ]),
    ...requires.map(({ capability, kind, from }) => {
      return ['requires', visible(capability), `from ${names(from)}${kind === 'one' ? '' : ` (${kind})`}`];
    }),
  ];
  return [...lines, ...aligned(rows)].join('\n');
}

function stateOf({ plugin, verdict, at, level, placement, when, near, ...rest }: PluginAnswer): string {
  const name = visible(plugin);
  const where = at ? `, listed at ${visible(formatPosition(at))}` : '';
  const what = rest.package === undefined ? '' : ` (${visible(`${rest.package} ${rest.version}`)})`;
  switch (verdict) {
    case 'starts': {
      const held = when === undefined ? '' : `, and its "when: ${visible(when)}" holds`;
      return `${name}${what} starts on level ${level}, ${visible(placement ?? '')}${where}${held}.`;
    }
    case 'skipped':
      return `${name}${what} does not start: its "when: ${visible(when ?? '')}" does not hold${where}.`;
    case 'absent':
      return `${name} cannot be planned with: nothing is known about its package${where}.`;
    case 'unlisted':
      return `No manifest here lists ${name}.${perhaps(near)}`;
  }
}

function perhaps(near: readonly string[]): string {
  return near.length === 0 ? '' : ` Did you mean ${near.map(visible).join(' or ')}?`;
}
