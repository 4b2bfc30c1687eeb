/** A yes or no that others wait for. The first answer counts. */
export interface Decision {
  readonly isMade: boolean;
  readonly made: Promise<boolean>;
  make(answer: boolean): void;
}

export function openDecision(): Decision {
  let isMade = false;
  let resolve = (_answer: boolean) => {};
  const made = new Promise<boolean>((settle) => {
    resolve = settle;
  });
  return {
    get isMade() {
      return isMade;
    },
    made,
    make(answer) {
      isMade = true;
      resolve(answer);
    },
  };
}
