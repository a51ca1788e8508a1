// The Messages dialect over raw bytes: recorded answers where the machine has them, hand-written ones always.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/canonical/chat.ts';
import type { Warning } from '../../src/canonical/warning.ts';
import { type JsonValue, parseJson } from '../../src/core/json.ts';
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts';
import { listRecordings, noRecordings, readRecording, recordedDir, recordedStreamBytes } from '../support/fixtures.ts';
import { assembleMessage } from './anthropic-messages-grammar.ts';
import { decodeBytes, itKeepsStreamLaws, watchBytes } from './dialect-laws.ts';

const frame = (event: Record<string, unknown>): string => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`;

/** Everything at once: thinking, text beyond ASCII, a ping, a tool call in pieces, one without arguments, corrected usage. */
const handWritten = Buffer.from(
  [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-x',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 9, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'ping' },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Grüße?' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Guten Tag 👋' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 'toolu_1', name: 'get', input: {} } },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '' } },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"city": "Zü' } },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: 'rich"}' } },
    { type: 'content_block_stop', index: 2 },
    { type: 'content_block_start', index: 3, content_block: { type: 'tool_use', id: 'toolu_2', name: 'list', input: {} } },
    { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: '' } },
    { type: 'content_block_stop', index: 3 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { input_tokens: 11, cache_read_input_tokens: 5, output_tokens: 40 },
    },
    { type: 'message_stop' },
  ]
    .map(frame)
    .join(''),
);

function encode(events: readonly ChatEvent[]): string {
  const encoder = anthropicMessages.createEventEncoder({ model: 'asked', includeUsage: true, warnings: [] });
  return events.map((event) => encoder.push(event)).join('') + encoder.end();
}

/** Behind the frame with the stop reason; the blank line may be missing. */
const completeFrom = (bytes: Buffer): number => bytes.indexOf('event: message_stop') - 2;

describe('a hand-written stream', () => {
  itKeepsStreamLaws(anthropicMessages, { name: 'thinking, text and tools', bytes: handWritten, completeFrom: completeFrom(handWritten) });

  it('is truncated, and not broken, wherever its decoded bytes end too early', () => {
    for (let at = 0; at < completeFrom(handWritten); at += 1) {
      expect(() => decodeBytes(anthropicMessages, [handWritten.subarray(0, at)]), `cut at ${at}`).toThrow(
        expect.objectContaining({ code: 'upstream_truncated' }),
      );
    }
  });

  it('is whole without message_stop, which the client still gets', () => {
    const bytes = [handWritten.subarray(0, completeFrom(handWritten) + 2)];

    expect(assembleMessage(encode(decodeBytes(anthropicMessages, bytes))).stopReason).toBe('tool_use');
    expect(watchBytes(anthropicMessages, bytes).forwarded).toBe(handWritten.toString());
  });

  it('reads the same with CRLF line ends', () => {
    const crlf = Buffer.from(handWritten.toString().replaceAll('\n', '\r\n'));

    expect(decodeBytes(anthropicMessages, [crlf])).toEqual(decodeBytes(anthropicMessages, [handWritten]));
    expect(watchBytes(anthropicMessages, [crlf]).forwarded).toBe(handWritten.toString());
  });

  it('comes out of decoder and encoder as the same message', () => {
    const before = assembleMessage(handWritten.toString());
    const after = assembleMessage(encode(decodeBytes(anthropicMessages, [handWritten])));

    expect(after).toMatchObject({ id: before.id, model: before.model, content: before.content, stopReason: before.stopReason });
    expect(after.usage).toMatchObject({ input_tokens: 11, cache_read_input_tokens: 5, output_tokens: 40 });
  });
});

describe.skipIf(recordedDir === undefined)(`recorded answers (${recordedDir === undefined ? noRecordings : 'replayed'})`, () => {
  const recordings = listRecordings('anthropic');
  const streams = recordings.filter((path) => path.endsWith('.chunks.txt'));
  const answers = recordings.filter((path) => path.endsWith('.json'));

  it.each(streams)('%s comes out as the same message, legally', (path) => {
    const bytes = recordedStreamBytes(path);
    const before = assembleMessage(bytes.toString());
    const after = assembleMessage(encode(decodeBytes(anthropicMessages, [bytes])));

    // Blocks that say nothing are not repeated.
    expect(after.content).toEqual(before.content.filter((block) => block.type !== 'text' || block.text !== ''));
    expect(after.stopReason).toBe(before.stopReason);
    expect(after.usage).toMatchObject({ input_tokens: before.usage.input_tokens, output_tokens: before.usage.output_tokens });
  });

  for (const path of streams) {
    const bytes = recordedStreamBytes(path);
    itKeepsStreamLaws(anthropicMessages, { name: path, bytes, completeFrom: completeFrom(bytes) });
  }

  it.each(streams)('%s passes unchanged', (path) => {
    const bytes = recordedStreamBytes(path);

    expect(watchBytes(anthropicMessages, [bytes]).forwarded).toBe(bytes.toString());
  });

  it.each(answers)('%s comes back as it was', (path) => {
    const wire = parseJson(readRecording(path).toString()) as { [key: string]: JsonValue };
    const warnings: Warning[] = [];

    const back = anthropicMessages.encodeResponse(anthropicMessages.decodeResponse(wire), warnings);

    expect(back).toMatchObject({ id: wire.id, model: wire.model, stop_reason: wire.stop_reason });
    expect(back.content).toEqual(wire.content);
    expect(warnings).toEqual([]);
  });

  it('a refusal says why, streamed and whole', () => {
    const stream = encode(decodeBytes(anthropicMessages, [recordedStreamBytes('anthropic/refusal.chunks.txt')]));
    const whole = anthropicMessages.encodeResponse(
      anthropicMessages.decodeResponse(parseJson(readRecording('anthropic/refusal.json').toString())),
      [],
    );

    expect(stream).toContain('"category":"cyber"');
    expect(whole).toMatchObject({ stop_reason: 'refusal', stop_details: { category: 'cyber' } });
  });
});

describe('the event encoder', () => {
  const block = fc.nat(3);
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  const event: fc.Arbitrary<ChatEvent> = fc.oneof(
    fc.record({ type: fc.constant('text-delta' as const), block, text }),
    fc.record({ type: fc.constant('refusal-delta' as const), block, text }),
    fc.record({ type: fc.constant('reasoning-delta' as const), block, text }),
    fc.record({ type: fc.constant('reasoning-redacted' as const), block, data: text }),
    fc.record({ type: fc.constant('tool-call-start' as const), block, id: text, name: text }),
    fc.record({ type: fc.constant('block-end' as const), block }),
    fc.record({
      type: fc.constant('opaque' as const),
      dialect: fc.constantFrom('anthropic-messages' as const, 'openai-chat' as const),
      wire: fc.constantFrom(
        { type: 'web_search_tool_result', content: [] },
        { type: 'server_tool_use', id: 's', name: 'n', input: { q: 1 } },
        { type: 'block_fields', fields: { citations: [{ url: 'u' }] } },
        { type: 'message_delta', delta: { stop_details: null } },
      ),
    }),
  );
  const reason = fc.constantFrom('stop', 'length', 'tool-calls', 'content-filter', 'refusal', 'pause' as const);

  it('writes a legal stream whatever the order of events', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 25 }), reason, fc.boolean(), (content, finish, withStart) => {
        const start: ChatEvent[] = withStart ? [{ type: 'start', id: 'x', model: 'm', created: 0 }] : [];

        const message = assembleMessage(encode([...start, ...content, { type: 'finish', reason: finish }]));

        // A tool call that was opened is there, in order, whatever came between.
        const opened = content.filter((item) => item.type === 'tool-call-start').map((item) => item.name);
        expect(
          message.content
            .filter((item) => item.type === 'tool_use')
            .map((item) => item.name)
            .toSorted(),
        ).toEqual(opened.toSorted());
      }),
    );
  });
});
