import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorFrame, eventFrame, exceptionFrame, textStream } from '../../test/support/event-stream.ts';
import { createAwsEventStreamParser } from './aws-event-stream.ts';
import type { SseFrame } from './sse.ts';

function parse(pieces: readonly Buffer[], maxFrameBytes = 1_000_000): SseFrame[] {
  const frames: SseFrame[] = [];
  const parser = createAwsEventStreamParser({ maxFrameBytes });
  for (const piece of pieces) parser.push(piece, (frame) => frames.push(frame));
  parser.end((frame) => frames.push(frame));
  return frames;
}

const stream = textStream(['Grüße ', '💶', '!']);

describe('createAwsEventStreamParser', () => {
  it('names each frame after its event and gives its payload as text', () => {
    expect(parse([eventFrame('messageStart', { role: 'assistant' })])).toEqual([
      { event: 'messageStart', data: '{"role":"assistant","p":"abcdefghijklmnop"}' },
    ]);
  });

  it('gives the same frames wherever the bytes are cut', () => {
    const whole = parse([stream]);

    expect(whole.map((frame) => frame.event)).toEqual([
      'messageStart',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(parse(Array.from(stream, (_, at) => stream.subarray(at, at + 1)))).toEqual(whole);
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(parse([stream.subarray(0, cut), stream.subarray(cut)]), `cut at ${cut}`).toEqual(whole);
    }
  });

  it('survives any way of cutting into pieces', () => {
    const whole = parse([stream]);

    fc.assert(
      fc.property(fc.array(fc.nat({ max: stream.length }), { maxLength: 12 }), (cuts) => {
        const sorted = [0, ...cuts.sort((a, b) => a - b), stream.length];
        expect(parse(sorted.slice(1).map((end, at) => stream.subarray(sorted[at], end)))).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('says nothing of a frame that breaks off', () => {
    const first = eventFrame('messageStart', {});

    expect(parse([Buffer.concat([first, stream.subarray(0, 30)])])).toHaveLength(1);
  });

  it('marks exceptions and errors, so that no event can be taken for one', () => {
    expect(parse([exceptionFrame('throttlingException', { message: 'slow down' })])).toEqual([
      { event: 'exception:throttlingException', data: '{"message":"slow down"}' },
    ]);
    expect(parse([errorFrame('InternalFailure', 'broken')])[0]?.event).toBe('exception:InternalFailure: broken');
  });

  it('finds a flipped bit anywhere in a frame', () => {
    const frame = eventFrame('contentBlockDelta', { delta: { text: 'hello' } });

    for (let at = 0; at < frame.length; at += 1) {
      const damaged = Buffer.from(frame);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      const outcome = (): SseFrame[] => {
        const frames = parse([damaged, frame], 10_000);
        // A longer length waits for bytes that never come; the frame is not taken for a whole one.
        return frames.length === 0 ? [] : [{ event: 'unharmed', data: '' }];
      };
      const result = ((): SseFrame[] | unknown => {
        try {
          return outcome();
        } catch (thrown) {
          return thrown;
        }
      })();
      if (Array.isArray(result)) expect(result, `byte ${at}`).toEqual([]);
      else expect(result, `byte ${at}`).toMatchObject({ code: 'upstream_bad_reply' });
    }
  });

  it('finds it too in a frame whose like has come before', () => {
    const frame = eventFrame('contentBlockDelta', { delta: { text: 'hello' } });
    const changed = eventFrame('contentBlockDelta', { delta: { text: 'world' } });

    expect(parse([frame, changed, frame]).map(({ event, data }) => [event, /hello|world/.exec(data)?.[0]])).toEqual([
      ['contentBlockDelta', 'hello'],
      ['contentBlockDelta', 'world'],
      ['contentBlockDelta', 'hello'],
    ]);
    for (let at = 4; at < frame.length; at += 1) {
      const damaged = Buffer.from(frame);
      damaged[at] = (damaged[at] ?? 0) ^ 1;

      expect(() => parse([frame, changed, damaged]), `byte ${at}`).toThrow('damaged');
    }
  });

  it('refuses a frame above the cap as soon as its length is known', () => {
    const large = eventFrame('contentBlockDelta', { delta: { text: 'x'.repeat(500) } });

    expect(() => parse([large.subarray(0, 12)], 200)).toThrow('larger than 200 bytes');
  });

  it('refuses bytes that are no event stream', () => {
    expect(() => parse([Buffer.from('{"message":"not a stream at all"}')])).toThrow(/larger than|damaged/);
    expect(() => parse([Buffer.alloc(20)])).toThrow('damaged');
  });
});
