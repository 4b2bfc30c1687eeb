/** Why a turn was given up. It alone decides what is written to the history. */
export type TurnAbortReason = 'interruption' | 'superseded' | 'deadline' | 'stopped';

/** The reason of every abort signal inside a turn. Not an error of a catalogue: it never leaves the conversation. */
export class TurnAbort extends Error {
  readonly reason: TurnAbortReason;

  constructor(reason: TurnAbortReason) {
    super(`The turn was given up: ${reason}.`);
    this.name = 'TurnAbort';
    this.reason = reason;
  }
}

/** A tool that may have changed something was still at work when its time after the turn was over. */
export class CallAbandoned extends TurnAbort {}
