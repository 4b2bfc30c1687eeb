import type { NodeEvent } from '@tiercel/kernel';
import type { Terminal } from './terminal.js';

/** Shows on one line of a terminal what is still starting; elsewhere only warnings are written. */
export class StartProgress {
  readonly #terminal: Terminal;
  readonly #starting = new Set<string>();
  #hasLine = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  readonly onEvent = (event: NodeEvent): void => {
    if (event.type === 'warning') this.#write(`warning: ${event.message}\n`);
    if (event.type !== 'plugin-state') return;
    const { plugin, state, reason } = event.status;
    if (state === 'starting') this.#starting.add(plugin);
    else this.#starting.delete(plugin);
    if (state === 'degraded') this.#write(`warning: ${plugin} is degraded: ${reason ?? 'no reason given'}\n`);
    this.#show();
  };

  /** Takes the line away. */
  end(): void {
    if (this.#hasLine) this.#terminal.note('\r\u001b[K');
    this.#hasLine = false;
  }

  #show(): void {
    if (!this.#terminal.isNoteTty) return;
    if (this.#starting.size === 0) {
      this.end();
      return;
    }
    const names = [...this.#starting].join(', ');
    const line = `Starting ${names} …`.slice(0, this.#terminal.columns - 1);
    this.#terminal.note(`\r\u001b[K${line}`);
    this.#hasLine = true;
  }

  #write(text: string): void {
    this.end();
    this.#terminal.note(text);
  }
}
