// Tells observers of a whole answer when it is on its way: ledger, counters and log are a tenth of the work for a small call, and its
// caller need not wait for them. A stream has been written by the time it ends, so for it nothing is put off.
import { afterTurn } from '../core/end-of-turn.ts';
import type { ExchangeEnd, Observer } from './events.ts';

/** One for all of them, for a server whose answers are written at the end of a turn. */
export function createLateObserver(observers: readonly Observer[]): Observer {
  const tell = (end: ExchangeEnd): void => {
    for (const observer of observers) observer.exchangeEnded?.(end);
  };
  return {
    exchangeStarted() {
      for (const observer of observers) observer.exchangeStarted?.();
    },
    attemptEnded(record, exchangeId) {
      for (const observer of observers) observer.attemptEnded?.(record, exchangeId);
    },
    exchangeEnded(end) {
      if (end.entry.stream) tell(end);
      else afterTurn(() => tell(end));
    },
    decisionMade(decision) {
      for (const observer of observers) observer.decisionMade?.(decision);
    },
  };
}
