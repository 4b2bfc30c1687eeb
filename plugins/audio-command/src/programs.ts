/** How one program records or plays raw 16-bit mono samples through a pipe. */
export interface SoundProgram {
  /** File name, without the extension that Windows adds. */
  readonly name: string;
  /** @param device empty for the system's default */
  readonly arguments: (rateHz: number, device: string) => readonly string[];
  /** For programs that take the device from a variable. */
  readonly environment?: (device: string) => Readonly<Record<string, string>>;
}

export const recorderNames = ['arecord', 'rec', 'sox', 'pw-record'] as const;
export const playerNames = ['aplay', 'play', 'sox', 'pw-play'] as const;

const alsa = (rateHz: number, device: string) => [
  ...['-q', '-t', 'raw', '-f', 'S16_LE', '-c', '1', '-r', String(rateHz)],
  ...(device ? ['-D', device] : []),
];

const soxFormat = (rateHz: number) => [
  ...['-t', 'raw', '-e', 'signed-integer', '-b', '16', '-L', '-c', '1', '-r', String(rateHz)],
];

/** SoX itself speaks to a device with `-d`, and to nothing with `-n`. */
const soxDevice = (device: string) => (device === 'null' ? '-n' : '-d');
const soxEnvironment = (device: string): Readonly<Record<string, string>> =>
  device && device !== 'null' ? { AUDIODEV: device } : {};

const pipewire = (rateHz: number, device: string) => [
  ...['--raw', '--format', 's16', '--channels', '1', '--rate', String(rateHz), '--latency', '50ms'],
  ...(device ? ['--target', device] : []),
  '-',
];

export const recorders: Readonly<Record<(typeof recorderNames)[number], SoundProgram>> = {
  arecord: { name: 'arecord', arguments: alsa },
  rec: {
    name: 'rec',
    arguments: (rateHz) => ['-q', '--buffer', '1024', ...soxFormat(rateHz), '-'],
    environment: soxEnvironment,
  },
  sox: {
    name: 'sox',
    arguments: (rateHz, device) => [
      ...['-q', '--buffer', '1024', soxDevice(device), ...soxFormat(rateHz), '-'],
    ],
    environment: soxEnvironment,
  },
  'pw-record': { name: 'pw-record', arguments: pipewire },
};

export const players: Readonly<Record<(typeof playerNames)[number], SoundProgram>> = {
  aplay: {
    name: 'aplay',
    arguments: (rateHz, device) => [...alsa(rateHz, device), '--buffer-time=100000'],
  },
  play: {
    name: 'play',
    arguments: (rateHz) => ['-q', '--buffer', '1024', ...soxFormat(rateHz), '-'],
    environment: soxEnvironment,
  },
  sox: {
    name: 'sox',
    arguments: (rateHz, device) => [
      ...['-q', '--buffer', '1024', ...soxFormat(rateHz), '-', soxDevice(device)],
      // With nothing to do and nowhere to write to, SoX ends before it has read anything.
      ...(device === 'null' ? ['gain', '0'] : []),
    ],
    environment: soxEnvironment,
  },
  'pw-play': { name: 'pw-play', arguments: pipewire },
};
