import { isTiercelError } from '@tiercel/kernel';

/** 0 is success; what each other code means stands in the README. */
export const EXIT = { failed: 1, refused: 2, startFailed: 3, stopFailed: 4 } as const;

const bySignal: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

const byCode: Readonly<Record<string, number>> = {
  KERNEL_PLAN_INVALID: EXIT.refused,
  KERNEL_MANIFEST_UNREADABLE: EXIT.refused,
  KERNEL_PACKAGES_MISSING: EXIT.refused,
  KERNEL_BOOT_FAILED: EXIT.startFailed,
  KERNEL_BOOT_TIMEOUT: EXIT.startFailed,
  KERNEL_STOP_FAILED: EXIT.stopFailed,
  CLI_MODELS_DAMAGED: EXIT.failed,
  CLI_OUTPUT_FAILED: EXIT.failed,
  CLI_ENTRY_UNKNOWN: EXIT.failed,
  CLI_WORLD_IN_USE: EXIT.startFailed,
  CLI_WORLD_MISSING: EXIT.startFailed,
  CLI_WORLD_UNREACHABLE: EXIT.failed,
  CLI_WORLD_REFUSED: EXIT.failed,
  CLI_WATCH_UNREADABLE: EXIT.failed,
  ASSISTANT_AUDIO_UNSUPPORTED: EXIT.refused,
  MODEL_UNKNOWN: EXIT.refused,
  WORLD_MODEL_KEY_INVALID: EXIT.refused,
  WORLD_MODEL_VALUE_INVALID: EXIT.refused,
  SPEECH_TO_TEXT_LANGUAGE_UNKNOWN: EXIT.refused,
  MODEL_CATALOGUE_INVALID: EXIT.refused,
};

/** What the process ends with when a command throws `error`. */
export function exitCodeOf(error: unknown): number {
  if (!isTiercelError(error)) return EXIT.failed;
  if (error.code === 'CLI_INTERRUPTED') return bySignal[String(error.details['signal'])] ?? EXIT.failed;
  const known = byCode[error.code];
  if (known !== undefined) return known;
  return /^(CLI|AUDIO|AUTHORING|PLANS)_/.test(error.code) ? EXIT.refused : EXIT.failed;
}
