import { defineErrors } from '@tiercel/kernel';

const toWav = (d: { file: string; convertedFile: string }) =>
  `Convert it: ffmpeg -i "${d.file}" -ar 16000 -ac 1 "${d.convertedFile}"`;

/** Texts name files, formats, rates and counts, never what was recorded. */
const messages = {
  AUDIO_ARGUMENT_INVALID: (d: { name: string; value: number | string; expected: string }) =>
    `${d.name} is ${d.value}. Pass ${d.expected}.`,
  AUDIO_RATE_MISMATCH: (d: { expectedHz: number; actualHz: number }) =>
    `A frame of ${d.actualHz} Hz met a stream of ${d.expectedHz} Hz. Put a Resampler where the audio enters.`,
  AUDIO_POSITION_BACKWARD: (d: { position: number; endPosition: number }) =>
    `A frame at position ${d.position} came after the samples up to ${d.endPosition}. Call reset() where a new stream begins.`,
  AUDIO_CHANNEL_FULL: (d: { capacity: number }) =>
    `The channel holds its capacity of ${d.capacity} and its policy is "fail". Read faster, or choose a policy that waits or drops.`,
  AUDIO_FILE_MISSING: (d: { file: string }) =>
    `${d.file} does not exist. Check the path; a relative one starts at the working directory.`,
  AUDIO_FILE_NOT_REGULAR: (d: { file: string; kind: string }) =>
    `${d.file} is a ${d.kind}, not a file. Name the WAV file itself, or save the audio to one first.`,
  AUDIO_FILE_UNREADABLE: (d: { file: string; reason: string }) =>
    `${d.file} could not be read (${d.reason}). Allow this user to read it, and check the disk it is on.`,
  AUDIO_FILE_UNWRITABLE: (d: { file: string; reason: string }) =>
    `${d.file} could not be written (${d.reason}). Create its folder, allow this user to write there, and check for free space.`,
  AUDIO_FILE_CLOSED: (d: { file: string }) =>
    `${d.file} has been closed and takes no more samples. Write before close(), or open a new file.`,
  AUDIO_WAV_EMPTY: (d: { file: string }) => `${d.file} is empty (0 bytes). Record or copy it again.`,
  AUDIO_WAV_TOO_LARGE: (d: { file: string; bytes: number; maxBytes: number }) =>
    `${d.file} would take ${d.bytes} bytes; the limit is ${d.maxBytes}. Split it into shorter files.`,
  AUDIO_WAV_NOT_RIFF: (d: { file: string; found: string; convertedFile: string }) =>
    `${d.file} is not a WAV file: it looks like ${d.found}. ${toWav(d)}`,
  AUDIO_WAV_HEADER_TRUNCATED: (d: { file: string; bytes: number; missing: string }) =>
    `${d.file} ends after ${d.bytes} bytes, inside its header: ${d.missing} is missing. Record or copy it again.`,
  AUDIO_WAV_HEADER_INVALID: (d: { file: string; finding: string; convertedFile: string }) =>
    `${d.file} has a contradictory WAV header: ${d.finding}. ${toWav(d)}`,
  AUDIO_WAV_FORMAT_UNSUPPORTED: (d: { file: string; format: string; tag: number; convertedFile: string }) =>
    `${d.file} holds ${d.format} (format tag 0x${d.tag.toString(16).padStart(4, '0')}); only PCM of 8, 16, 24 or 32 bits and float of 32 or 64 bits are read. ${toWav(d)}`,
  AUDIO_WAV_CHANNELS_UNSUPPORTED: (d: { file: string; channels: number; convertedFile: string }) =>
    `${d.file} has ${d.channels} channels; only mono and stereo are read. ${toWav(d)}`,
  AUDIO_WAV_RATE_UNSUPPORTED: (d: {
    file: string;
    sampleRateHz: number;
    minHz: number;
    maxHz: number;
    convertedFile: string;
  }) =>
    `${d.file} claims ${d.sampleRateHz} samples per second; ${d.minHz} to ${d.maxHz} are read. ${toWav(d)}`,
  AUDIO_WAV_NO_SAMPLES: (d: { file: string }) =>
    `${d.file} has a good header but no samples. Record it again; if it is still being recorded, wait until that ends.`,
};

export const AudioError = defineErrors('AudioError', messages);
export type AudioError = InstanceType<typeof AudioError>;
