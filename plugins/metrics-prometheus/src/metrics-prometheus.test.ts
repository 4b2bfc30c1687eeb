import { describe, expect, it } from '@jest/globals';
import { coreMetrics, Metrics } from '@tiercel/capabilities/metrics';
import { definePlugin } from '@tiercel/kernel';
import { bootTest } from '@tiercel/testkit';
import metricsPrometheus from './index.js';

const linesOf = async (metrics: Metrics) => (await metrics.expose()).text.split('\n');

describe('@tiercel/metrics-prometheus', () => {
  it('shows the state that each plugin is in, and no other', async () => {
    let fall: () => void = () => undefined;
    const shaky = definePlugin({
      name: '@test/shaky',
      version: '1.0.0',
      provides: {},
      setup({ health }) {
        fall = () => health.degraded('was told to');
        return {};
      },
    });
    await using test = await bootTest({ plugins: [metricsPrometheus, shaky] });
    const metrics = test.get(Metrics);

    const before = await linesOf(metrics);
    fall();
    const after = await linesOf(metrics);

    expect(before).toContain('tiercel_plugin_state{plugin="shaky",state="ready"} 1');
    expect(before).toContain('tiercel_plugin_state{plugin="metrics-prometheus",state="ready"} 1');
    expect(after.filter((line) => line.includes('"shaky"'))).toEqual([
      'tiercel_plugin_state{plugin="shaky",state="degraded"} 1',
    ]);
  });

  it('shows memory and the delay of the event loop', async () => {
    await using test = await bootTest({ plugins: [metricsPrometheus] });

    const text = (await linesOf(test.get(Metrics))).join('\n');

    expect(text).toMatch(/^tiercel_resident_memory_bytes [1-9]\d{6,}$/m);
    for (const quantile of ['0.5', '0.99', '1'])
      expect(text).toMatch(
        new RegExp(`^tiercel_event_loop_delay_seconds\\{quantile="${quantile}"\\} [\\d.e-]+$`, 'm'),
      );
  });

  it('says once for each cause that an update was refused, and never with its labels', async () => {
    await using test = await bootTest({ plugins: [metricsPrometheus] });
    const metrics = test.get(Metrics);

    metrics.count(coreMetrics.turns, -1, { outcome: 'secret' });
    metrics.count(coreMetrics.turns, -2, { outcome: 'secret' });

    const warnings = test.fakes.log.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toMatchObject([{ fields: { cause: 'value', name: 'turn_total' } }]);
    expect(JSON.stringify(warnings)).not.toContain('secret');
  });

  it('keeps as many series as it is told to', async () => {
    await using test = await bootTest({
      plugins: [metricsPrometheus],
      config: { 'metrics-prometheus': { maxSeries: 1 } },
    });
    const metrics = test.get(Metrics);

    metrics.count(coreMetrics.turns, 1, { outcome: 'answered' });
    metrics.count(coreMetrics.turns, 1, { outcome: 'failed' });

    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        'tiercel_turn_total{outcome="answered"} 1',
        'tiercel_turn_total{outcome="other"} 1',
      ]),
    );
  });

  it('shows what a circuit between several providers thinks of each', async () => {
    const { LanguageModel } = await import('@tiercel/capabilities/language-model');
    const { FakeLanguageModel } = await import('@tiercel/capabilities/language-model/testing');
    const { supply } = await import('@tiercel/kernel');
    const asker = definePlugin({
      name: '@test/asker',
      version: '1.0.0',
      provides: {},
      requires: { model: LanguageModel },
      setup: () => ({}),
    });
    await using test = await bootTest({
      plugins: [
        metricsPrometheus,
        supply('@test/far', LanguageModel, new FakeLanguageModel()),
        supply('@test/near', LanguageModel, new FakeLanguageModel()),
        asker,
      ],
      bind: { 'language-model': ['far', 'near'] },
    });

    const lines = await linesOf(test.get(Metrics));

    expect(lines).toContain('tiercel_breaker_state{endpoint="language-model/far"} 0');
    expect(lines).toContain('tiercel_breaker_state{endpoint="language-model/near"} 0');
  });
});
