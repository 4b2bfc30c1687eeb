// Loads one model and uses it once, in a process that may die of it. Told what to do by its only argument.
import sherpa from 'sherpa-onnx-node';

const { engine, config } = JSON.parse(process.argv[2] ?? '');

const probes = {
  vad: async () => {
    const vad = new sherpa.Vad(config, 1);
    for (let window = 0; window < 4; window++)
      vad.acceptWaveform(new Float32Array(config.sileroVad.windowSize));
  },
  recognizer: async () => {
    const recognizer = await sherpa.OfflineRecognizer.createAsync(config);
    const stream = recognizer.createStream();
    stream.acceptWaveform({ samples: new Float32Array(24_000), sampleRate: 16_000 });
    await recognizer.decodeAsync(stream);
  },
  tts: async () => {
    const voice = await sherpa.OfflineTts.createAsync(config);
    await voice.generateAsync({ text: 'One.', sid: 0, speed: 1, enableExternalBuffer: false });
  },
};

await probes[engine]();
