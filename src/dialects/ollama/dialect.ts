// Ollama's own grammar, for clients only: desktop tools that were made for a server on the same machine. Its two ways to ask, a chat
// and a lone prompt, differ in the request and in where the answer's text stands.
import type { ClientDialect } from '../dialect.ts';
import { encodeAnswer, type AnswerForm } from './answer.ts';
import { decodeChat } from './decode-chat.ts';
import { decodeGenerate } from './decode-generate.ts';
import { encodeError, encodeErrorFrame } from './errors.ts';
import { createEventEncoder } from './event-encoder.ts';

/** Milliseconds since the request arrived: the grammar tells durations, and tools divide token counts by them. */
export type Elapsed = () => number;

export function createOllamaChat(elapsedMs: Elapsed): ClientDialect {
  return create('chat', elapsedMs);
}

export function createOllamaGenerate(elapsedMs: Elapsed): ClientDialect {
  return create('generate', elapsedMs);
}

/** Durations unmeasured: for errors, and for whoever only needs the grammar. */
export const ollamaChat: ClientDialect = createOllamaChat(() => 0);

function create(form: AnswerForm, elapsedMs: Elapsed): ClientDialect {
  return {
    id: 'ollama',
    decodeRequest: form === 'chat' ? decodeChat : decodeGenerate,
    encodeResponse: (response, warnings) => encodeAnswer(response, { form, elapsedMs, warnings }),
    createEventEncoder: (options) => createEventEncoder(options, { form, elapsedMs }),
    encodeError,
    encodeErrorFrame,
    // A blank line is no JSON, and clients parse every line.
    keepAliveFrame: '',
    streamContentType: 'application/x-ndjson',
  };
}
