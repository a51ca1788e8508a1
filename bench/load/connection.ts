// One keep-alive connection of the load: sends a prepared request, reads and checks the answer.
import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { createAnswerReader } from '../wire/answer-reader.ts';
import { type Expectation, endFault, textFault } from '../wire/check-answer.ts';
import type { Tally } from './tally.ts';

export interface Connection {
  /** Sends; `done` is called once the answer is complete or has failed. The connection must be idle. */
  send(request: Buffer, done: () => void): void;
  /** False after a failure: the connection is closed and must not be used again. */
  readonly usable: boolean;
  close(): void;
}

export interface ConnectionOptions {
  readonly port: number;
  readonly expect: Expectation;
  readonly tally: Tally;
  /** Streams that are not to end: the first body byte counts as the answer. */
  readonly hold: boolean;
}

// One read at a time, and the reader keeps no reference: all connections share the buffer.
const readBuffer = Buffer.allocUnsafe(256 * 1024);

export function openConnection({ port, expect, tally, hold }: ConnectionOptions): Promise<Connection> {
  const reader = createAnswerReader();
  let done: (() => void) | undefined;
  let sentAt = 0;
  let firstByteAt = 0;
  let usable = true;
  let reading = false;

  function finish(fault: string | undefined): void {
    const call = done;
    if (call === undefined) return;
    done = undefined;
    if (fault !== undefined) {
      usable = false;
      socket.destroy();
      tally.failed(fault);
    } else {
      tally.answered({ latencyMs: performance.now() - sentAt, firstByteMs: firstByteAt - sentAt, read: reading });
    }
    call();
  }

  function judge(): string | undefined {
    if (reader.status !== 200) return `status ${reader.status}: ${reader.tail()}`;
    const wrongEnd = endFault(expect, reader.tail());
    if (wrongEnd !== undefined) return wrongEnd;
    if (reading) {
      const wrongText = textFault(expect, reader.text());
      if (wrongText !== undefined) return wrongText;
    }
    return tally.lengthFault(reader.bodyBytes);
  }

  function take(bytes: Buffer): void {
    if (done === undefined) {
      // A comment that keeps a held stream alive is fine; anything on an idle connection is not.
      if (!hold) usable = false;
      return;
    }
    try {
      const complete = reader.push(bytes);
      if (firstByteAt === 0 && reader.bodyBytes > 0) firstByteAt = performance.now();
      if (complete) finish(judge());
      else if (hold && firstByteAt > 0) finish(reader.status === 200 ? undefined : `status ${reader.status}`);
    } catch (error) {
      finish(error instanceof Error ? error.message : String(error));
    }
  }

  const socket: Socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback(length, buffer) {
        take((buffer as Buffer).subarray(0, length));
        return true;
      },
    },
  });
  const connection: Connection = {
    send(request, whenDone) {
      done = whenDone;
      reading = tally.mustRead();
      reader.reset({ collect: reading });
      firstByteAt = 0;
      sentAt = performance.now();
      socket.write(request);
    },
    get usable() {
      return usable;
    },
    close() {
      done = undefined;
      usable = false;
      socket.destroy();
    },
  };
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(connection));
    socket.on('error', (error) => {
      usable = false;
      finish(`connection error: ${error.message}`);
      reject(error);
    });
    socket.on('close', () => {
      usable = false;
      finish('the connection was closed before the answer was complete');
    });
  });
}
