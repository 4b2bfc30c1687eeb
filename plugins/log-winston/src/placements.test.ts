import { Log, type LogLevel } from '@tiercel/capabilities/log';
import { describeLogContract } from '@tiercel/capabilities/log/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';
import logWinston from './index.js';

const printed: string[] = [];

// Inline it writes to the stderr of the test; there its suite runs on the class.
describeInEveryPlacement(
  'log-winston',
  {
    capability: Log,
    plugin: logWinston,
    config: { level: 'debug', format: 'json' },
    onOutput: (line) => printed.push(line),
    perTest: true,
    placements: ['process'],
  },
  (title, open) =>
    describeLogContract(title, async () => {
      const { provider, close } = await open();
      printed.length = 0;
      return {
        provider,
        close,
        lines: async () => {
          // Everything that a child has printed is read before it counts as gone.
          await close();
          return printed.map((line) => {
            const { level, message, time: _, ...fields } = JSON.parse(line) as Record<string, unknown>;
            return { level: level as LogLevel, message: message as string, fields };
          });
        },
      };
    }),
);
