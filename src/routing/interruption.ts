// What ends an exchange from outside: the client left, the process stops, the total time is over.
import type { GatewayError } from '../core/errors.ts';

export class Interruption {
  private readonly callbacks = new Set<(error: GatewayError) => void>();
  error: GatewayError | undefined;

  interrupt(error: GatewayError): void {
    if (this.error !== undefined) return;
    this.error = error;
    for (const callback of [...this.callbacks]) callback(error);
    this.callbacks.clear();
  }

  /** Calls back at the interruption, at once if it has been; the returned function unsubscribes. */
  onInterrupt(callback: (error: GatewayError) => void): () => void {
    if (this.error !== undefined) callback(this.error);
    else this.callbacks.add(callback);
    return () => this.callbacks.delete(callback);
  }
}
