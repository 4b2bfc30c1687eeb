export { describeAudioInputContract, type OpenAudioInput } from './audio-input-contract.js';
export { FakeAudioInput, type FakeAudioInputOptions } from './fake-audio-input.js';
