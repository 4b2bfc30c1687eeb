import { defineErrors } from '@tiercel/kernel';

export const AudioCommandError = defineErrors('AudioCommandError', {
  AUDIO_COMMAND_MISSING: (d: { purpose: 'record' | 'play'; looked: readonly string[] }) =>
    `No program that can ${d.purpose} sound was found; looked for ${d.looked.join(', ')} in PATH. Install one: "sudo apt install alsa-utils" (Debian, Ubuntu), "sudo dnf install alsa-utils" (Fedora), "sudo pacman -S alsa-utils" (Arch), "apk add alsa-utils" (Alpine), "brew install sox" (macOS), or SoX from sourceforge.net/projects/sox (Windows).`,
});
