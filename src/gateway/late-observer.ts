// Tells observers of a whole answer when it is on its way: ledger, counters and log are a tenth of the work for a small call, and its
// caller need not wait for them. A stream has been written by the time it ends, so for it nothing is put off.
import { afterTurn } from '../core/end-of-turn.ts';
import type { ExchangeEnd, Observer } from './events.ts';

/** One for all of them, for a server whose answers are written at the end of a turn. `onBug` is told what an observer threw. */
export function createLateObserver(observers: readonly Observer[], onBug: (error: unknown, exchangeId: string) => void): Observer {
  const tell = (end: ExchangeEnd): void => {
    for (const observer of observers) observer.exchangeEnded?.(end);
  };
  const tellLate = (end: ExchangeEnd): void => {
    try {
      tell(end);
    } catch (thrown) {
      // Behind the turn nobody else would catch it, and it would end the process with all its calls.
      onBug(thrown, end.entry.id);
    }
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
      else afterTurn(() => tellLate(end));
    },
    decisionMade(decision) {
      for (const observer of observers) observer.decisionMade?.(decision);
    },
  };
}
