// Work for the end of this turn of the event loop, after everything that has arrived was read. What is written there goes out
// back to back: a receiver that sleeps is woken once for all of it, which on one machine is a fifth of a small call's cost.

let waiting: (() => void)[] = [];
let later: (() => void)[] = [];

/** Calls back after the input that is ready now has been read, in the order of asking. */
export function atEndOfTurn(callback: () => void): void {
  if (waiting.push(callback) === 1 && later.length === 0) setImmediate(runAll);
}

/** What is asked for from here on comes before the immediates that others set in the same turn. */
export function takeEndOfTurn(): void {
  if (waiting.length === 0) atEndOfTurn(nothing);
}

const nothing = (): void => undefined;

/** The same behind all of those: for what need not be done before the answers of the turn are out. */
export function afterTurn(callback: () => void): void {
  if (later.push(callback) === 1 && waiting.length === 0) setImmediate(runAll);
}

function runAll(): void {
  const callbacks = waiting;
  const behind = later;
  waiting = [];
  later = [];
  try {
    run(callbacks, atEndOfTurn);
  } finally {
    run(behind, afterTurn);
  }
}

/** One that throws must not keep the callbacks of the others: those are put off. */
function run(callbacks: readonly (() => void)[], putOff: (callback: () => void) => void): void {
  let done = 0;
  try {
    for (const callback of callbacks) {
      done += 1;
      callback();
    }
  } finally {
    if (done < callbacks.length) for (const callback of callbacks.slice(done)) putOff(callback);
  }
}
