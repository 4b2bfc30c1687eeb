/**
 * What a program needs to find its files and other programs. Everything else stays here: the environment of a node holds
 * credentials, and a server gets only those that are configured for it.
 */
const passedOn = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'TZ'];
const passedOnByWindows = [
  'PATH',
  'PATHEXT',
  'SystemRoot',
  'SystemDrive',
  'ComSpec',
  'TEMP',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'ProgramFiles',
];

export function childEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const names = process.platform === 'win32' ? passedOnByWindows : passedOn;
  const found = names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(found), ...extra };
}
