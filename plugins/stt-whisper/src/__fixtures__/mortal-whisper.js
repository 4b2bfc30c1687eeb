import { defineCapability, definePlugin, provide } from '@tiercel/kernel';
import { loadSherpa } from '@tiercel/sherpa';
import sttWhisper from '@tiercel/stt-whisper';

const Death = defineCapability()({ id: 'death', version: '1.0.0', methods: { come: 'unary' } });

/** Whisper, and a way to make its engine end the process as only native code can. */
export default definePlugin({
  name: '@fixture/mortal-whisper',
  version: '1.0.0',
  provides: { ...sttWhisper.provides, death: provide(Death) },
  requires: sttWhisper.requires,
  config: sttWhisper.config,
  needs: sttWhisper.needs,
  setup: async (context) => ({
    ...(await sttWhisper.setup(context)),
    death: {
      come: async (model) => {
        const { Vad } = await loadSherpa();
        const sileroVad = {
          model,
          threshold: 0.5,
          minSilenceDuration: 0.1,
          minSpeechDuration: 0.1,
          windowSize: 512,
        };
        const vad = new Vad({ sileroVad, sampleRate: 16_000, numThreads: 1 }, 1);
        // Never asked of an empty detector by anybody who wants to live.
        vad.front();
      },
    },
  }),
});
