import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { describeTextToSpeechContract, FakeTextToSpeech } from '@tiercel/capabilities/text-to-speech/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement, faulty } from '../index.js';

const fake = new FakeTextToSpeech();

describeTextToSpeechContract('whole', () => ({ provider: fake, close: () => undefined }));

describeTextToSpeechContract('dropping', () => ({
  provider: faulty(fake, TextToSpeech, { synthesize: { type: 'drop', afterItems: 3 } }),
  close: () => undefined,
}));

// Runs in both inline placements: an object cannot be placed.
describeInEveryPlacement(
  'second call fails',
  {
    capability: TextToSpeech,
    plugin: supply(
      '@acme/flaky-voice',
      TextToSpeech,
      faulty(fake, TextToSpeech, { synthesize: (call) => (call % 2 ? undefined : { type: 'fail' }) }),
    ),
    placements: ['inline', 'inline-with-faults'],
  },
  describeTextToSpeechContract,
);

// Its clock would have to be in the child, so the child does not start.
describeInEveryPlacement(
  'does not start',
  {
    capability: ToolProvider,
    plugin: '@tiercel/tools-basic',
    plugins: [supply('@tiercel/log', Log, new FakeLog())],
    placements: ['process'],
  },
  (title, open) => describeToolProviderContract(title, open, { call: { name: 'get_time', args: {} } }),
);
