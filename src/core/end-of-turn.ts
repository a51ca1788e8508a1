// Work for the end of this turn of the event loop, after everything that has arrived was read. What is written there goes out
// back to back: a receiver that sleeps is woken once for all of it, which on one machine is a fifth of a small call's cost.

let waiting: (() => void)[] = [];

/** Calls back after the input that is ready now has been read, in the order of asking. */
export function atEndOfTurn(callback: () => void): void {
  if (waiting.push(callback) === 1) setImmediate(runAll);
}

function runAll(): void {
  const callbacks = waiting;
  waiting = [];
  let done = 0;
  try {
    for (const callback of callbacks) {
      done += 1;
      callback();
    }
  } finally {
    // One that throws must not keep the answers of the others.
    if (done < callbacks.length) for (const callback of callbacks.slice(done)) atEndOfTurn(callback);
  }
}
