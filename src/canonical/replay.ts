// A whole answer as the events of a stream: for callers that asked for a stream and got a whole answer from upstream.
import type { ChatEvent, ChatResponse, Choice, Part } from './chat.ts';

export function* eventsOf(response: ChatResponse): Generator<ChatEvent> {
  yield { type: 'start', id: response.id, model: response.model, created: response.created };
  let block = 0;
  for (const choice of response.choices) {
    for (const part of choice.parts) {
      yield* partEvents(part, block, choice);
      block += 1;
    }
    yield {
      type: 'finish',
      reason: choice.finish,
      ...(choice.stopSequence !== undefined && { stopSequence: choice.stopSequence }),
      ...choiceOf(choice),
    };
  }
  if (response.usage !== undefined) yield { type: 'usage', usage: response.usage };
}

function* partEvents(part: Part, block: number, choice: Choice): Generator<ChatEvent> {
  const at = { block, ...choiceOf(choice) };
  switch (part.type) {
    case 'text':
      yield { type: 'text-delta', text: part.text, ...signatureOf(part), ...at };
      break;
    case 'refusal':
      yield { type: 'refusal-delta', text: part.text, ...at };
      break;
    case 'reasoning':
      if (part.redacted !== undefined) yield { type: 'reasoning-redacted', data: part.redacted, ...at };
      else yield { type: 'reasoning-delta', text: part.text, ...(part.origin === 'gemini' && signatureOf(part)), ...at };
      if (part.signature !== undefined && part.origin !== 'gemini') yield { type: 'reasoning-signature', signature: part.signature, ...at };
      break;
    case 'tool-call':
      yield { type: 'tool-call-start', id: part.id, name: part.name, ...signatureOf(part), ...at };
      yield { type: 'tool-call-delta', arguments: part.arguments, ...at };
      break;
    case 'opaque':
      yield { type: 'opaque', dialect: part.dialect, wire: part.wire };
      return;
    case 'image':
    case 'file':
    case 'audio':
    case 'tool-result':
      // No dialect streams these in an answer.
      return;
  }
  yield { type: 'block-end', ...at };
}

function choiceOf(choice: Choice): { readonly choice?: number } {
  return choice.index === 0 ? {} : { choice: choice.index };
}

function signatureOf(part: { readonly signature?: string }): { readonly signature?: string } {
  return part.signature === undefined ? {} : { signature: part.signature };
}
