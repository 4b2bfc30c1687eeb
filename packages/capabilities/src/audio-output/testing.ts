export { describeAudioOutputContract, type OpenAudioOutput } from './audio-output-contract.js';
export { FakeAudioOutput, type FakeAudioOutputOptions } from './fake-audio-output.js';
