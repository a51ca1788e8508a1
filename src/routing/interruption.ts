// What ends an exchange from outside: the client left, the process stops, the total time is over.
import type { GatewayError } from '../core/errors.ts';

type Callback = (error: GatewayError) => void;

export class Interruption {
  /** Nearly always one listener at a time: an attempt, a pause, a stream. */
  private first: Callback | undefined;
  private others: Callback[] | undefined;
  error: GatewayError | undefined;

  interrupt(error: GatewayError): void {
    if (this.error !== undefined) return;
    this.error = error;
    const { first, others } = this;
    this.first = undefined;
    this.others = undefined;
    first?.(error);
    if (others !== undefined) for (const callback of others) callback(error);
  }

  /** Calls back at the interruption, at once if it has been. */
  onInterrupt(callback: Callback): void {
    if (this.error !== undefined) callback(this.error);
    else if (this.first === undefined) this.first = callback;
    else this.others = [...(this.others ?? []), callback];
  }

  offInterrupt(callback: Callback): void {
    if (this.first === callback) this.first = undefined;
    else if (this.others !== undefined) this.others = this.others.filter((one) => one !== callback);
  }
}
