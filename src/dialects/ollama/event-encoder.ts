// Events → lines of Ollama's stream. A tool call is one line, because its arguments are an object there and must be complete.
import type { ChatEvent, FinishReason } from '../../canonical/chat.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import { encodeNdjson } from '../../framing/ndjson.ts';
import type { EventEncoder, EventEncoderOptions } from '../dialect.ts';
import { type AnswerForm, encodeCall, encodeEnd, lostFinish, noCalls, place, type Said, timestamp, unsigned } from './answer.ts';

interface OpenCall {
  readonly id: string;
  readonly name: string;
  arguments: string;
}

export function createEventEncoder(
  options: EventEncoderOptions,
  answering: { readonly form: AnswerForm; readonly elapsedMs: () => number },
): EventEncoder {
  const { form, elapsedMs } = answering;
  const calls = new Map<number, OpenCall>();
  const warned = new Set<string>();
  let { model } = options;
  let callsSaid = 0;
  let firstMs: number | undefined;
  let finish: FinishReason | undefined;
  let usage: Usage | undefined;
  let ended = false;
  let head = headFor(model);
  const opening = form === 'chat' ? '","message":{"role":"assistant","content":' : '","response":';
  const closing = form === 'chat' ? '},"done":false}\n' : ',"done":false}\n';

  function warn(warning: Warning): '' {
    if (!warned.has(warning.message)) options.warnings.push(warning);
    warned.add(warning.message);
    return '';
  }

  function say(said: Said): string {
    firstMs ??= elapsedMs();
    return encodeNdjson({ model, created_at: timestamp(), ...place(form, said), done: false });
  }

  /** Nearly all lines are these, so their frame is written as text. */
  function sayText(text: string): string {
    firstMs ??= elapsedMs();
    return `${head}${timestamp()}${opening}${JSON.stringify(text)}${closing}`;
  }

  function endCall(block: number): string {
    const call = calls.get(block);
    if (call === undefined) return '';
    calls.delete(block);
    if (form === 'generate') return warn(noCalls);
    const wire = encodeCall(call, { index: callsSaid, warnings: options.warnings });
    callsSaid += 1;
    return say({ text: '', calls: [wire] });
  }

  function endCalls(): string {
    return [...calls.keys()].map(endCall).join('');
  }

  function push(event: ChatEvent): string {
    if ('choice' in event && (event.choice ?? 0) > 0) {
      return warn({ field: 'n', kind: 'dropped', message: 'the dialect has one answer; the others were left out' });
    }
    if ('signature' in event && event.signature !== undefined) warn(unsigned);
    switch (event.type) {
      case 'start':
        if (event.model !== '') ({ model } = event);
        head = headFor(model);
        usage ??= event.usage;
        return '';
      case 'text-delta':
      case 'refusal-delta':
        return event.text === '' ? '' : sayText(event.text);
      case 'reasoning-delta':
        return event.text === '' ? '' : say({ text: '', thinking: event.text });
      case 'reasoning-signature':
        return '';
      case 'reasoning-redacted':
        return warn(unsigned);
      case 'tool-call-start':
        calls.set(event.block, { id: event.id, name: event.name, arguments: '' });
        return '';
      case 'tool-call-delta': {
        const call = calls.get(event.block);
        if (call !== undefined) call.arguments += event.arguments;
        return '';
      }
      case 'block-end':
        return endCall(event.block);
      case 'opaque':
        return warn({ field: 'message', kind: 'dropped', message: `content that only ${event.dialect} understands was left out` });
      case 'finish': {
        const lost = lostFinish(event.reason);
        if (lost !== undefined) warn(lost);
        finish = event.reason;
        return endCalls();
      }
      case 'usage':
        ({ usage } = event);
        return '';
    }
  }

  function end(): string {
    if (finish === undefined) {
      throw new GatewayError('upstream_truncated', 'the provider ended its stream without a finish reason; send the request again');
    }
    if (ended) return '';
    ended = true;
    const last = encodeEnd({ finish, usage, totalMs: elapsedMs(), firstMs });
    return encodeNdjson({ model, created_at: timestamp(), ...place(form, { text: '' }), ...last });
  }

  return { push, end };
}

const headFor = (model: string): string => `{"model":${JSON.stringify(model)},"created_at":"`;
