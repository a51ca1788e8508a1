// A request whose body goes to whoever wants all of it as it is parsed. Read as a stream, a body of a kilobyte takes three ticks and two
// listeners from the parser to its reader, and everything that is done for the call waits for them.
import type { IncomingMessage as NodeRequest } from 'node:http';
import { afterTurn } from '../core/end-of-turn.ts';
import { IncomingMessage } from '../core/node-http.ts';

/** Gets the body of a request; `end` or `gone` is called once, and nothing after it. */
export interface BodyTaker {
  take(piece: Buffer): void;
  /** It is complete. */
  end(): void;
  /** The connection is, before the end of the body. */
  gone(): void;
}

/** What the server makes of every request. Nobody has to take its body so: until then it is a stream like any other. */
export class BodyRequest extends IncomingMessage {
  private taker: BodyTaker | undefined;

  /** False: something of it has come already and has to be read. */
  giveBody(taker: BodyTaker): boolean {
    if (this.complete || this.readableLength > 0 || this.readableFlowing !== null) return false;
    this.taker = taker;
    return true;
  }

  /** The parser's, with pieces of the body and null at its end. */
  override push(piece: Buffer | null): boolean {
    const { taker } = this;
    if (taker === undefined) return super.push(piece);
    if (piece !== null) {
      taker.take(piece);
      return true;
    }
    this.taker = undefined;
    taker.end();
    // For Node the stream has to end as well, and is then let go of; nobody waits for that now.
    afterTurn(() => {
      super.push(null);
      this.resume();
    });
    return true;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { taker } = this;
    this.taker = undefined;
    super._destroy(error, callback);
    taker?.gone();
  }
}

/** Gives the body to the taker, whichever way it can still be had. */
export function giveBody(request: NodeRequest, taker: BodyTaker): void {
  if (request instanceof BodyRequest && request.giveBody(taker)) return;
  request.on('data', (piece: Buffer) => taker.take(piece));
  request.on('end', () => taker.end());
  request.on('close', () => {
    if (!request.readableEnded) taker.gone();
  });
}
