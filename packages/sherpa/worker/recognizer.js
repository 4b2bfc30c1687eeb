// Runs one OfflineRecognizer apart from the main thread. Plain JavaScript, because a worker starts from a file that exists
// in the sources and in the published package alike.
import { parentPort, workerData } from 'node:worker_threads';
import sherpa from 'sherpa-onnx-node';

const { OfflineRecognizer } = sherpa;

/** @param {unknown} error */
const findingOf = (error) => (error instanceof Error ? error.message : String(error)).split('\n', 1)[0];

try {
  // Only the asynchronous form reports a bad model as an error.
  const recognizer = await OfflineRecognizer.createAsync(workerData.config);
  parentPort.on('message', ({ id, samples, sampleRateHz, config }) => {
    try {
      recognizer.setConfig(config);
      const stream = recognizer.createStream();
      stream.acceptWaveform({ samples, sampleRate: sampleRateHz });
      recognizer.decode(stream);
      parentPort.postMessage({ id, text: recognizer.getResult(stream).text });
    } catch (error) {
      parentPort.postMessage({ id, finding: findingOf(error) });
    }
  });
  parentPort.postMessage({ isReady: true });
} catch (error) {
  parentPort.postMessage({ isReady: false, finding: findingOf(error) });
}
