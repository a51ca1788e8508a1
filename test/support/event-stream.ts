// Writes AWS event streams with the kept library, as Bedrock sends them.
import { EventStreamCodec, type MessageHeaders } from '@smithy/eventstream-codec';

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
);

function frame(headers: Readonly<Record<string, string>>, payload: unknown): Buffer {
  const typed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }])) as MessageHeaders;
  return Buffer.from(codec.encode({ headers: typed, body: Buffer.from(JSON.stringify(payload)) }));
}

/** One event; real ones carry padding in `p`, against guessing from lengths. */
export function eventFrame(type: string, payload: object): Buffer {
  return frame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    { ...payload, p: 'abcdefghijklmnop' },
  );
}

export function exceptionFrame(type: string, payload: object): Buffer {
  return frame({ ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' }, payload);
}

/** An error outside the service's model: it says everything in its headers. */
export function errorFrame(code: string, message: string): Buffer {
  return frame({ ':error-code': code, ':error-message': message, ':message-type': 'error' }, {});
}

/** `{contentBlockDelta: {…}}` and so on, one object per event. */
export function eventStream(events: readonly Readonly<Record<string, object>>[]): Buffer {
  return Buffer.concat(events.flatMap((event) => Object.entries(event).map(([type, payload]) => eventFrame(type, payload))));
}

/** A text answer in as many pieces. */
export function textStream(pieces: readonly string[]): Buffer {
  return eventStream([
    { messageStart: { role: 'assistant' } },
    ...pieces.map((text) => ({ contentBlockDelta: { contentBlockIndex: 0, delta: { text } } })),
    { contentBlockStop: { contentBlockIndex: 0 } },
    { messageStop: { stopReason: 'end_turn' } },
    { metadata: { usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 }, metrics: { latencyMs: 5 } } },
  ]);
}
