// The Gemini dialect over raw bytes: recorded answers where the machine has them, hand-written ones always.
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/canonical/chat.ts';
import { eventsOf } from '../../src/canonical/replay.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { createGeminiArray, gemini } from '../../src/dialects/gemini/index.ts';
import { listRecordings, noRecordings, readRecording, recordedDir, recordedStreamBytes } from '../support/fixtures.ts';
import { decodeBytes, itKeepsStreamLaws, joinDeltas, watchBytes } from './dialect-laws.ts';

type Part = Readonly<Record<string, unknown>>;

const frame = (parts: readonly Part[], more: Part = {}, candidate: Part = {}): string =>
  `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts }, index: 0, ...candidate }], modelVersion: 'gemini-x', responseId: 'r-1', ...more })}\r\n\r\n`;

const counts = { promptTokenCount: 11, candidatesTokenCount: 30, thoughtsTokenCount: 10, totalTokenCount: 51 };

/** Everything at once: thinking, text beyond ASCII, signatures, parallel calls, one with streamed arguments, counts that grow. */
const handWritten = Buffer.from(
  [
    frame([{ text: 'Grüße?', thought: true }], { usageMetadata: { promptTokenCount: 11, totalTokenCount: 11 } }),
    frame([{ text: 'Guten ' }]),
    frame([{ text: 'Tag 👋' }]),
    frame([{ text: '', thoughtSignature: 'dGV4dA==' }]),
    frame([
      { functionCall: { name: 'get', args: { city: 'Zürich' }, id: 'f1' }, thoughtSignature: 'Y2FsbA==' },
      { functionCall: { name: 'list' } },
    ]),
    frame([{ functionCall: { name: 'put', willContinue: true } }]),
    frame([{ functionCall: { partialArgs: [{ jsonPath: '$.text', stringValue: 'a "b', willContinue: true }], willContinue: true } }]),
    frame([
      {
        functionCall: {
          partialArgs: [
            { jsonPath: '$.text', stringValue: ' c"' },
            { jsonPath: '$.list[1].n', numberValue: 2 },
          ],
          willContinue: true,
        },
      },
    ]),
    frame([{ functionCall: {} }]),
    frame([{ text: '' }], { usageMetadata: counts }, { finishReason: 'STOP' }),
  ].join(''),
);
const completeFrom = handWritten.lastIndexOf('data: ');
const lastLine = handWritten.length - 4;

describe('a hand-written stream', () => {
  itKeepsStreamLaws(gemini, { name: 'thinking, text and calls', bytes: handWritten, completeFrom });

  it('decodes to what it says', () => {
    const events = joinDeltas(decodeBytes(gemini, [handWritten])).filter((event) => event.type !== 'block-end');

    expect(events).toEqual([
      { type: 'start', id: 'r-1', model: 'gemini-x', created: 0 },
      { type: 'reasoning-delta', block: 0, text: 'Grüße?' },
      { type: 'text-delta', block: 1, text: 'Guten Tag 👋' },
      { type: 'text-delta', block: 2, text: '', signature: 'dGV4dA==' },
      { type: 'reasoning-redacted', block: 3, data: 'gemini:Y2FsbA==' },
      { type: 'tool-call-start', block: 4, id: 'f1', name: 'get', signature: 'Y2FsbA==' },
      { type: 'tool-call-delta', block: 4, arguments: '{"city":"Zürich"}' },
      { type: 'tool-call-start', block: 5, id: 'call_r1_0', name: 'list' },
      { type: 'tool-call-delta', block: 5, arguments: '{}' },
      { type: 'tool-call-start', block: 6, id: 'call_r1_1', name: 'put' },
      { type: 'tool-call-delta', block: 6, arguments: '{"text":"a \\"b c\\"","list":[null,{"n":2}]}' },
      { type: 'finish', reason: 'tool-calls' },
      {
        type: 'usage',
        usage: { input: 11, cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0, output: 30, reasoning: 10, source: 'upstream' },
      },
    ]);
  });

  it('is whole without its last blank line', () => {
    expect(decodeBytes(gemini, [handWritten.subarray(0, lastLine)])).toEqual(decodeBytes(gemini, [handWritten]));
  });

  it('comes out of decoder and encoder with the same meaning, as events and as a list', () => {
    const events = decodeBytes(gemini, [handWritten]);
    const again = decodeBytes(gemini, [Buffer.from(encode(gemini, events))]);
    const list = JSON.parse(encode(createGeminiArray(), events)) as JsonValue;

    // Calls have an id now.
    expect(joinDeltas(again)).toEqual(joinDeltas(events));
    expect(partsOf(gemini.decodeResponse(list))).toEqual(partsOf(gemini.decodeResponse(framesOf(handWritten))));
  });
});

describe('streams of other habits', () => {
  it('is complete with a finish reason in every frame, as older models send it', () => {
    const bytes = [
      Buffer.from(
        [
          frame([{ text: 'a' }], {}, { finishReason: 'STOP' }),
          frame([{ text: 'b' }], { usageMetadata: counts }, { finishReason: 'STOP' }),
        ].join(''),
      ),
    ];

    expect(decodeBytes(gemini, bytes).filter((event) => event.type === 'text-delta')).toHaveLength(2);
    expect(watchBytes(gemini, bytes).failure).toBeUndefined();
  });

  it('finishes a streamed call whose last frame never says so', () => {
    const bytes = [
      Buffer.from(
        frame([{ functionCall: { name: 'f', willContinue: true, partialArgs: [{ jsonPath: '$.a', boolValue: true }] } }]) +
          frame([], {}, { finishReason: 'STOP' }),
      ),
    ];

    expect(decodeBytes(gemini, bytes)).toContainEqual({ type: 'tool-call-delta', block: 0, arguments: '{"a":true}' });
  });

  it('ends a refused prompt as a filtered answer', () => {
    const bytes = [
      Buffer.from('data: {"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3,"totalTokenCount":3}}\n\n'),
    ];

    expect(decodeBytes(gemini, bytes)).toContainEqual({ type: 'finish', reason: 'content-filter' });
    expect(watchBytes(gemini, bytes)).toMatchObject({ facts: { finish: 'SAFETY', done: true } });
  });

  it.each([
    ['an error frame', 'data: {"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}\n\n', 'upstream_overloaded'],
    ['a frame that is no JSON', 'data: {oops\n\n', 'upstream_bad_reply'],
    ['a failed call', frame([], {}, { finishReason: 'MALFORMED_FUNCTION_CALL' }), 'upstream_error'],
  ])('fails at %s, after what came before it', (_what, last, code) => {
    const first = frame([{ text: 'a' }]).replaceAll('\r\n', '\n');
    const bytes = [Buffer.from(first + last)];

    expect(() => decodeBytes(gemini, bytes)).toThrow(expect.objectContaining({ code }));
    expect(watchBytes(gemini, bytes)).toMatchObject({ forwarded: first, failure: { code } });
  });

  it('numbers the answers of several candidates', () => {
    const two = JSON.stringify({
      candidates: [0, 1].map((index) => ({ index, content: { parts: [{ text: `t${index}` }] }, finishReason: 'STOP' })),
      responseId: 'r',
    });

    expect(decodeBytes(gemini, [Buffer.from(`data: ${two}\n\n`)]).filter((event) => event.type === 'finish')).toEqual([
      { type: 'finish', reason: 'stop' },
      { type: 'finish', reason: 'stop', choice: 1 },
    ]);
  });
});

describe.skipIf(recordedDir === undefined)(recordedDir === undefined ? noRecordings : 'recorded answers', () => {
  const streams = listRecordings('google').filter((path) => path.endsWith('.chunks.txt'));

  for (const path of streams) {
    const bytes = recordedStreamBytes(path);
    itKeepsStreamLaws(gemini, { name: path, bytes, completeFrom: bytes.lastIndexOf('data: ') });
  }

  it.each(streams)('%s is passed on byte for byte', (path) => {
    const bytes = recordedStreamBytes(path);

    expect(watchBytes(gemini, [bytes]).forwarded).toBe(bytes.toString().replaceAll('\r\n', '\n'));
  });

  it.each(listRecordings('google').filter((path) => path.endsWith('.json') && !path.includes('rate')))(
    '%s says the same whole and replayed',
    (path) => {
      const body = JSON.parse(readRecording(path).toString()) as JsonValue;
      const response = gemini.decodeResponse(body);

      expect(encodedParts(gemini.encodeResponse(response, []))).toEqual(encodedParts(body));
      const replayed = gemini.decodeResponse(framesOf(Buffer.from(encode(gemini, [...eventsOf(response)]))));
      expect(partsOf(replayed)).toEqual(partsOf(response));
      expect(replayed.usage).toEqual(response.usage);
    },
  );
});

function encode(dialect: Pick<typeof gemini, 'createEventEncoder'>, events: readonly ChatEvent[]): string {
  const encoder = dialect.createEventEncoder({ model: 'asked', includeUsage: true, warnings: [] });
  return events.map((event) => encoder.push(event)).join('') + encoder.end();
}

function framesOf(bytes: Buffer): JsonValue {
  return bytes
    .toString()
    .split(/\r?\n\r?\n/)
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text.slice(6)) as JsonValue);
}

const partsOf = (response: ReturnType<typeof gemini.decodeResponse>) => response.choices.map((choice) => choice.parts);

/** Ids are ours where the provider gave none. */
function encodedParts(body: unknown): unknown {
  const { candidates } = body as { candidates: { content: { parts: { functionCall?: { id?: string } }[] } }[] };
  return candidates.map(({ content }) =>
    content.parts.map((part) =>
      part.functionCall === undefined ? part : { ...part, functionCall: { ...part.functionCall, id: undefined } },
    ),
  );
}
