// Events → chunks of the OpenAI grammar. The envelope is the same in every chunk, so it is written once as text.
import type { ChatEvent } from '../../canonical/chat.ts';
import { systemClock } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import type { EventEncoder, EventEncoderOptions } from '../dialect.ts';
import { encodeFinish } from './finish.ts';
import { redactedDetail, signedDetail } from './reasoning.ts';
import { encodeUsage } from './usage.ts';

interface AnswerState {
  readonly index: number;
  roleSaid: boolean;
  refused: boolean;
  /** Our block number → dense index of the tool call. */
  readonly calls: Map<number, number>;
  /** Reasoning block → its number among the reasoning blocks, and its text so far. */
  readonly thoughts: Map<number, { readonly index: number; text: string }>;
}

const unfinishedTail = ',"finish_reason":null}]}\n\n';

export function createEventEncoder(options: EventEncoderOptions): EventEncoder {
  const answers = new Map<number, AnswerState>();
  const warned = new Set<string>();
  let envelope = '';
  /** Of nearly all chunks: everything before the delta of the first answer. */
  let firstHead = '"choices":[{"index":0,"delta":';

  function open(event: Extract<ChatEvent, { type: 'start' }>): string {
    const created = event.created > 0 ? event.created : Math.floor(systemClock.wallMs() / 1_000);
    const model = event.model === '' ? options.model : event.model;
    envelope = `data: {"id":${JSON.stringify(event.id)},"object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)},`;
    firstHead = `${envelope}"choices":[{"index":0,"delta":`;
    return roleChunk(answerFor(0));
  }

  /** `delta` and `finishReason` are JSON text. */
  function chunk(index: number, delta: string, finishReason?: string): string {
    const tail = finishReason === undefined ? unfinishedTail : `,"finish_reason":${finishReason}}]}\n\n`;
    return index === 0 ? `${firstHead}${delta}${tail}` : `${envelope}"choices":[{"index":${index},"delta":${delta}${tail}`;
  }

  function answerFor(choice: number | undefined): AnswerState {
    const index = choice ?? 0;
    let answer = answers.get(index);
    if (answer === undefined) {
      answer = { index, roleSaid: false, refused: false, calls: new Map(), thoughts: new Map() };
      answers.set(index, answer);
    }
    return answer;
  }

  function roleChunk(answer: AnswerState): string {
    if (answer.roleSaid) return '';
    answer.roleSaid = true;
    return chunk(answer.index, '{"role":"assistant","content":""}');
  }

  function say(answer: AnswerState, delta: string): string {
    return roleChunk(answer) + chunk(answer.index, delta);
  }

  function thought(answer: AnswerState, block: number): { readonly index: number; text: string } {
    let entry = answer.thoughts.get(block);
    if (entry === undefined) {
      entry = { index: answer.thoughts.size, text: '' };
      answer.thoughts.set(block, entry);
    }
    return entry;
  }

  function sayReasoning(answer: AnswerState, event: Extract<ChatEvent, { type: 'reasoning-delta' }>): string {
    thought(answer, event.block).text += event.text;
    return say(answer, `{"reasoning_content":${JSON.stringify(event.text)}}`);
  }

  function sayDetail(answer: AnswerState, detail: JsonObject): string {
    return say(answer, `{"reasoning_details":[${JSON.stringify(detail)}]}`);
  }

  function startCall(answer: AnswerState, event: Extract<ChatEvent, { type: 'tool-call-start' }>): string {
    const index = answer.calls.size;
    answer.calls.set(event.block, index);
    const call = { index, id: event.id, type: 'function', function: { name: event.name, arguments: '' } };
    return say(answer, `{"tool_calls":[${JSON.stringify(call)}]}`);
  }

  function continueCall(answer: AnswerState, event: Extract<ChatEvent, { type: 'tool-call-delta' }>): string {
    const index = answer.calls.get(event.block) ?? 0;
    return say(answer, `{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(event.arguments)}}}]}`);
  }

  function finish(answer: AnswerState, event: Extract<ChatEvent, { type: 'finish' }>): string {
    return roleChunk(answer) + chunk(answer.index, '{}', JSON.stringify(encodeFinish(event.reason, { refusal: answer.refused })));
  }

  function sayOpaque(event: Extract<ChatEvent, { type: 'opaque' }>): string {
    const { wire } = event;
    if (event.dialect !== 'openai-chat') {
      const kind = typeof wire.type === 'string' ? wire.type : 'block';
      if (!warned.has(kind)) {
        warned.add(kind);
        options.warnings.push({ field: `content.${kind}`, kind: 'dropped', message: `this API cannot show a ${kind} block` });
      }
      return '';
    }
    if (wire.chunk !== undefined) return `${envelope}${JSON.stringify(wire.chunk).slice(1, -1)},"choices":[]}\n\n`;
    return say(answerFor(typeof wire.index === 'number' ? wire.index : 0), JSON.stringify(wire.delta ?? {}));
  }

  function push(event: ChatEvent): string {
    switch (event.type) {
      case 'start':
        return open(event);
      case 'text-delta':
        return say(answerFor(event.choice), `{"content":${JSON.stringify(event.text)}}`);
      case 'refusal-delta': {
        const answer = answerFor(event.choice);
        answer.refused = true;
        return say(answer, `{"refusal":${JSON.stringify(event.text)}}`);
      }
      case 'reasoning-delta':
        return sayReasoning(answerFor(event.choice), event);
      case 'reasoning-signature': {
        const answer = answerFor(event.choice);
        const { index, text } = thought(answer, event.block);
        return sayDetail(answer, signedDetail({ text, signature: event.signature }, index));
      }
      case 'reasoning-redacted': {
        const answer = answerFor(event.choice);
        return sayDetail(answer, redactedDetail(event.data, thought(answer, event.block).index));
      }
      case 'tool-call-start':
        return startCall(answerFor(event.choice), event);
      case 'tool-call-delta':
        return continueCall(answerFor(event.choice), event);
      case 'block-end':
        return '';
      case 'opaque':
        return sayOpaque(event);
      case 'finish':
        return finish(answerFor(event.choice), event);
      case 'usage':
        return options.includeUsage ? `${envelope}"choices":[],"usage":${JSON.stringify(encodeUsage(event.usage))}}\n\n` : '';
    }
  }

  return { push, end: () => 'data: [DONE]\n\n' };
}
