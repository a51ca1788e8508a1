// What is remembered of how candidates did: moving averages, so that an hour ago counts less than now.
import type { AttemptRecord } from '../../canonical/attempt-record.ts';
import type { Candidate } from '../../brain/decision.ts';
import type { Experience } from './candidate-order.ts';

/** Weight of the newest call: about the last ten calls count. */
const newest = 0.2;
/** Names come from callers where a provider takes any id. */
const mostRemembered = 5_000;

export class ExperienceBook {
  private readonly known = new Map<string, Experience>();

  note(record: AttemptRecord): void {
    const key = `${record.connection}\n${record.model}`;
    const before = this.known.get(key);
    const success = record.errorCode === undefined ? 1 : 0;
    const tookMs = record.firstByteMs ?? record.totalMs;
    if (before === undefined && this.known.size >= mostRemembered) this.known.clear();
    this.known.set(
      key,
      before === undefined
        ? { calls: 1, successRate: success, firstByteMs: tookMs }
        : {
            calls: before.calls + 1,
            successRate: before.successRate + newest * (success - before.successRate),
            firstByteMs: before.firstByteMs + newest * (tookMs - before.firstByteMs),
          },
    );
  }

  of(candidate: Candidate): Experience | undefined {
    return this.known.get(`${candidate.connection.id}\n${candidate.offer.providerId}`);
  }
}
