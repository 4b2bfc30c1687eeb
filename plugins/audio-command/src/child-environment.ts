/**
 * Where a sound program finds its sound system and its files. Everything else stays here: the environment of a node holds
 * credentials, and no other program needs them.
 */
const passedOn = [
  'PATH',
  'HOME',
  'LANG',
  'USER',
  'TMPDIR',
  'SystemRoot',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
  'DBUS_SESSION_BUS_ADDRESS',
  'PULSE_SERVER',
  'PULSE_COOKIE',
  'PIPEWIRE_REMOTE',
  'PIPEWIRE_RUNTIME_DIR',
  'ALSA_CONFIG_PATH',
  'ALSA_CARD',
  'AUDIODEV',
  'AUDIODRIVER',
] as const;

export function childEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const name of passedOn) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...extra };
}
