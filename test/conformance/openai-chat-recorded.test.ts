// Recorded answers of real providers through the OpenAI dialect: decoder, watcher and whole answers.
import { describe, expect, it } from 'vitest';
import { openaiChat } from '../../src/dialects/openai-chat/index.ts';
import { listRecordings, noRecordings, readRecording, recordedDir, recordedFrames } from '../support/fixtures.ts';
import { decodeBytes, itKeepsStreamLaws, joinDeltas, watchBytes } from './dialect-laws.ts';

const recordings = listRecordings('openai', 'groq', 'mistral', 'deepseek', 'perplexity', 'xai', 'together').filter(
  (path) => /\/(chat-)?(text|tool-call)\.(json|chunks\.txt)$/.test(path) && !path.includes('completion'),
);
const streams = recordings.filter((path) => path.endsWith('.chunks.txt'));
const answers = recordings.filter((path) => path.endsWith('.json'));
// xAI and DeepSeek leave reasoning to its own field, Perplexity writes it into the text.
const optionsFor = (path: string) => (path.startsWith('perplexity') ? { thinkTags: true } : {});

/** The beginning and the end of a long stream: what is between them is more of the same. The end is long enough for a tool call. */
function shorten(frames: readonly string[]): readonly string[] {
  return frames.length <= 18 ? frames : [...frames.slice(0, 4), ...frames.slice(-14)];
}

function completeFrom(frames: readonly string[]): number {
  const last = frames.findLastIndex((frame) => /"finish_reason":\s*"[a-z_]+"/.test(frame));
  return Buffer.byteLength(frames.slice(0, last + 1).join('')) - 2;
}

describe.skipIf(recordedDir === undefined)(
  `recorded OpenAI-dialect streams (${recordedDir === undefined ? noRecordings : 'replayed'})`,
  () => {
    for (const path of streams) {
      const frames = shorten(recordedFrames(path));
      itKeepsStreamLaws(openaiChat, {
        name: path,
        bytes: Buffer.from(frames.join('')),
        completeFrom: completeFrom(frames),
        decode: optionsFor(path),
      });

      it(`${path}: all of it passes unchanged and says the same as the decoded events`, () => {
        const bytes = Buffer.from(recordedFrames(path).join(''));

        const watched = watchBytes(openaiChat, [bytes]);
        const events = decodeBytes(openaiChat, [bytes], optionsFor(path));

        expect(watched.failure).toBeUndefined();
        expect(watched.forwarded).toBe(bytes.toString('utf8'));
        expect(events.findLast((event) => event.type === 'usage')?.usage).toEqual(watched.facts.usage);
        expect(events.filter((event) => event.type === 'finish')).toHaveLength(1);
      });

      it(`${path}: decoded, encoded and decoded again says the same`, () => {
        const events = decodeBytes(openaiChat, [Buffer.from(recordedFrames(path).join(''))], optionsFor(path));
        const encoder = openaiChat.createEventEncoder({ model: 'm', includeUsage: true, warnings: [] });

        const again = decodeBytes(openaiChat, [Buffer.from(events.map((event) => encoder.push(event)).join('') + encoder.end())]);

        const meaning = (all: typeof events) => joinDeltas(all.filter((event) => event.type !== 'opaque' && event.type !== 'usage'));
        expect(meaning(again)).toEqual(meaning(events));
      });
    }
  },
);

describe.skipIf(recordedDir === undefined)('recorded OpenAI-dialect answers', () => {
  it.each(answers)('%s: decodes to content, a finish and usage, and the facts agree', (path) => {
    const body = JSON.parse(readRecording(path).toString('utf8'));

    const response = openaiChat.decodeResponse(body, optionsFor(path));
    const facts = openaiChat.readAnswerFacts(body);

    expect(response.choices[0]?.parts.length).toBeGreaterThan(0);
    expect(response.usage).toBeDefined();
    expect(facts.usage).toEqual(response.usage);
    expect(facts.outputChars).toBeGreaterThan(0);
  });

  it.each(answers)('%s: encoded and decoded again is the same answer', (path) => {
    const response = openaiChat.decodeResponse(JSON.parse(readRecording(path).toString('utf8')), optionsFor(path));

    const again = openaiChat.decodeResponse(openaiChat.encodeResponse(response, []));

    expect(again.choices).toEqual(response.choices);
    expect(again.id).toBe(response.id);
    expect(again.model).toBe(response.model);
  });
});
