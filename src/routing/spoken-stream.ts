// A stream whose text is known, so that another upstream can go on with it where it breaks off; and one that goes on.
import type { Usage } from '../canonical/usage.ts';
import type { EventEncoder } from '../dialects/dialect.ts';
import { SpokenAnswer } from './spoken-answer.ts';
import { createTranslation, type StreamRelay, type TranslationOptions } from './stream-relay.ts';

/** An answer that several upstreams may write, and the part of one of them. */
export interface SpokenStream {
  readonly answer: SpokenAnswer;
  readonly part: EventEncoder;
  readonly relay: StreamRelay;
}

/** What an upstream that goes on with an answer has to know. */
export interface Rest {
  readonly answer: SpokenAnswer;
  /** Said so far. */
  readonly text: string;
  /** Used so far. */
  readonly begun: Usage;
}

/** `space`: what the text so far ends in and the upstream was not told. */
export interface Continued extends Rest {
  readonly space: string;
}

/** Without `continued` the stream begins an answer. */
export function createSpokenStream(options: Omit<TranslationOptions, 'encoder'>, continued?: Continued): SpokenStream {
  const { client, warnings } = options;
  const answer = continued?.answer ?? new SpokenAnswer(client.createEventEncoder(options));
  const part = continued === undefined ? answer.begin() : answer.goOn({ space: continued.space, begun: continued.begun, warnings });
  return { answer, part, relay: createTranslation({ ...options, encoder: part }) };
}
