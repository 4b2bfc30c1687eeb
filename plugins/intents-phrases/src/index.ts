import { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import { Log } from '@tiercel/capabilities/log';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { definePlugin, optional, provide } from '@tiercel/kernel';
import { DeviceNames } from './device-names.js';
import { DeviceWatch } from './device-watch.js';
import { PhraseIntentRecognizer } from './phrase-intent-recognizer.js';
import { PhraseSource } from './phrase-source.js';

export default definePlugin({
  name: '@tiercel/intents-phrases',
  version: '0.1.0',
  provides: { intents: provide(IntentRecognizer, { languages: ['en', 'de', 'fr', 'es'] }) },
  requires: { registry: ToolRegistry, world: optional(WorldModel), log: Log },
  needs: { memoryMiB: 16 },
  async setup({ deps, own }) {
    const names = new DeviceNames();
    const watch = deps.world && own(new DeviceWatch(deps.world, names, deps.log));
    await watch?.open();
    const source = own(new PhraseSource(deps.registry, deps.log));
    await source.open();
    const currentBook = () => {
      watch?.revive();
      return source.currentBook();
    };
    return { intents: new PhraseIntentRecognizer(currentBook, names) };
  },
});
