import { describe } from '@jest/globals';
import { Mosquitto } from './mosquitto.js';

/** Runs a suite against real Mosquitto. Without it the suite is skipped, and its title says what to install. */
export function describeWithMosquitto(title: string, suite: () => void): void {
  if (Mosquitto.isInstalled) describe(title, suite);
  else describe.skip(`${title} (skipped: "sudo apt install mosquitto openssl" lets it run)`, suite);
}
