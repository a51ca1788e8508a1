// The laws of streams for Bedrock's binary ones: the same events wherever the bytes are cut, an error wherever they end too early; over
// hand-written streams, and recorded ones where the machine has them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/canonical/chat.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { parseJson } from '../../src/core/json.ts';
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts';
import type { DecodeOptions } from '../../src/dialects/dialect.ts';
import { createAwsEventStreamParser } from '../../src/framing/aws-event-stream.ts';
import { eventFrame, eventStream, textStream } from '../support/event-stream.ts';
import { listRecordings, noRecordings, readRecording, recordedDir } from '../support/fixtures.ts';
import { joinDeltas } from './dialect-laws.ts';

function decode(pieces: readonly Buffer[], options?: DecodeOptions): ChatEvent[] {
  const events: ChatEvent[] = [];
  const emit = (event: ChatEvent): void => {
    events.push(event);
  };
  const decoder = bedrockConverse.createEventDecoder(options);
  const parser = createAwsEventStreamParser({ maxFrameBytes: 1_000_000 });
  for (const piece of pieces) parser.push(piece, (frame) => decoder.push(frame, emit));
  parser.end((frame) => decoder.push(frame, emit));
  decoder.end(emit);
  return events;
}

interface LawfulStream {
  readonly name: string;
  readonly events: readonly Readonly<Record<string, object>>[];
  readonly decode?: DecodeOptions;
}

const stop = (stopReason: string) => ({ messageStop: { stopReason } });
const usage = { metadata: { usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 }, metrics: { latencyMs: 1 } } };
const delta = (contentBlockIndex: number, content: object) => ({ contentBlockDelta: { contentBlockIndex, delta: content } });

const written: readonly LawfulStream[] = [
  {
    name: 'text',
    events: [{ messageStart: { role: 'assistant' } }, delta(0, { text: 'Grüße ' }), delta(0, { text: '💶' }), stop('end_turn'), usage],
  },
  {
    name: 'reasoning and parallel tools',
    events: [
      { messageStart: { role: 'assistant' } },
      delta(0, { reasoningContent: { text: 'hm' } }),
      delta(0, { reasoningContent: { signature: 'c2ln' } }),
      { contentBlockStop: { contentBlockIndex: 0 } },
      { contentBlockStart: { contentBlockIndex: 1, start: { toolUse: { toolUseId: 'a', name: 'one' } } } },
      { contentBlockStart: { contentBlockIndex: 2, start: { toolUse: { toolUseId: 'b', name: 'two' } } } },
      delta(1, { toolUse: { input: '{"x":' } }),
      delta(2, { toolUse: { input: '{"y":2}' } }),
      delta(1, { toolUse: { input: '1}' } }),
      { contentBlockStop: { contentBlockIndex: 1 } },
      { contentBlockStop: { contentBlockIndex: 2 } },
      stop('tool_use'),
      usage,
    ],
  },
  {
    name: 'JSON played by a tool, with talk before it and the usage before the stop reason',
    events: [
      { messageStart: { role: 'assistant' } },
      delta(0, { text: 'Here it is:' }),
      { contentBlockStart: { contentBlockIndex: 1, start: { toolUse: { toolUseId: 'a', name: 'json' } } } },
      delta(1, { toolUse: { input: '{"a":1}' } }),
      usage,
      stop('tool_use'),
    ],
    decode: { jsonTool: 'json' },
  },
];

function itKeepsTheLaws({ name, events, decode: options }: LawfulStream): void {
  const bytes = eventStream(events);
  const completeFrom = bytes.length - eventStream(events.slice(events.findIndex((event) => event['messageStop'] !== undefined) + 1)).length;
  const step = Math.max(1, Math.ceil(bytes.length / 400));
  const cuts = Array.from({ length: Math.floor(bytes.length / step) + 1 }, (_, at) => Math.min(at * step, bytes.length));

  it(`${name}: decodes to the same events wherever the bytes are cut`, () => {
    const whole = decode([bytes], options);

    expect(
      decode(
        Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
        options,
      ),
    ).toEqual(whole);
    for (const at of cuts) expect(decode([bytes.subarray(0, at), bytes.subarray(at)], options), `cut at ${at}`).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 }), (places) => {
        const sorted = [0, ...places.sort((a, b) => a - b), bytes.length];
        expect(
          decode(
            sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end)),
            options,
          ),
        ).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it(`${name}: refuses the stream when it ends before the stop reason`, () => {
    for (const at of cuts.filter((cut) => cut < completeFrom)) {
      expect(() => decode([bytes.subarray(0, at)], options), `cut at ${at}`).toThrow(GatewayError);
    }
    expect(decode([bytes.subarray(0, completeFrom)], options).some((event) => event.type === 'finish')).toBe(true);
  });

  it(`${name}: opens and closes every block in order, finishes once and tells the usage last`, () => {
    const decoded = decode([bytes], options);

    const open = new Set<number>();
    let highest = -1;
    for (const event of decoded) {
      if (!('block' in event)) continue;
      if (!open.has(event.block)) {
        expect(event.block).toBe(highest + 1);
        highest += 1;
        open.add(event.block);
      }
      if (event.type === 'block-end') open.delete(event.block);
    }
    expect(open.size).toBe(0);
    expect(decoded[0]?.type).toBe('start');
    expect(decoded.filter((event) => event.type === 'finish')).toHaveLength(1);
    expect(decoded.at(-1)?.type).toBe('usage');
  });
}

describe('written streams', () => {
  for (const stream of written) itKeepsTheLaws(stream);

  it('are over when both stop reason and usage are there, whatever the server does with its connection', () => {
    const decoder = bedrockConverse.createEventDecoder();
    const parser = createAwsEventStreamParser({ maxFrameBytes: 10_000 });
    const push = (bytes: Buffer): void => parser.push(bytes, (frame) => decoder.push(frame, () => undefined));

    push(textStream(['Hi']));
    expect(decoder.done).toBe(true);
    push(eventFrame('messageStop', { stopReason: 'end_turn' }));
  });
});

describe.skipIf(recordedDir === undefined)(`recorded streams (${recordedDir === undefined ? noRecordings : 'replayed'})`, () => {
  const recordings = listRecordings('bedrock');
  for (const path of recordings.filter((file) => file.endsWith('.chunks.txt'))) {
    const lines = readRecording(path)
      .toString('utf8')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '');
    itKeepsTheLaws({ name: path, events: lines.map((line) => parseJson(line) as unknown as Record<string, object>) });
  }

  it.each(recordings.filter((file) => file.endsWith('.json')))('%s: a whole answer and its facts agree', (path) => {
    const body = parseJson(readRecording(path).toString('utf8'));
    const response = bedrockConverse.decodeResponse(body);

    expect(response.choices).toHaveLength(1);
    expect(response.choices[0]?.parts.length).toBeGreaterThan(0);
    expect(bedrockConverse.readAnswerFacts(body).usage).toEqual(response.usage);
    expect(response.usage?.source).toBe('upstream');
  });

  it('a recorded stream and the recorded whole answer of the same question are of one kind', () => {
    const kinds = (events: readonly ChatEvent[]): string[] => [...new Set(joinDeltas(events).map(({ type }) => type))];
    const lines = readRecording('bedrock/reasoning.chunks.txt')
      .toString('utf8')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '');
    const events = decode([eventStream(lines.map((line) => parseJson(line) as unknown as Record<string, object>))]);

    expect(kinds(events)).toEqual(expect.arrayContaining(['reasoning-delta', 'reasoning-signature', 'text-delta', 'finish', 'usage']));
  });
});
