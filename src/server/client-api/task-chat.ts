// `/api/chat/completions`: an OpenAI chat body, or only a task with an input.
import { GatewayError } from '../../core/errors.ts';
import { asArray, asObject, asString, parseJson } from '../../core/json.ts';
import { findMember, type Scanned, scanObject } from '../../core/json-outline.ts';
import { taskChatShape } from '../../dialects/openai-chat/shape.ts';
import type { Call } from '../call.ts';
import { readBody } from '../read-body.ts';
import { type ChatRouteOptions, serveScanned } from './chat.ts';

export function taskChatHandler(options: ChatRouteOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const bytes = await readBody(call.request, options.limits);
    const scanned = scanObject(bytes, { maxDepth: options.limits.jsonDepth, shape: taskChatShape });
    await serveScanned(
      call,
      { scanned: findMember(scanned, 'messages') === undefined ? withMessages(scanned, options) : scanned },
      options,
    );
  };
}

/** `input` → messages. The rest of the body stays as it is. */
function withMessages(scanned: Scanned, options: ChatRouteOptions): Scanned {
  const body = asObject(parseJson(scanned.bytes.toString('utf8', scanned.start, scanned.end))) ?? {};
  const { input, ...rest } = body;
  const text = asString(input);
  const list = asArray(input);
  if (text === undefined && list === undefined) {
    throw new GatewayError('invalid_request', 'messages is missing; send "messages", or "task" with "input"', { param: 'messages' });
  }
  const messages = text === undefined ? list : [{ role: 'user', content: text }];
  return scanObject(Buffer.from(JSON.stringify({ ...rest, messages })), { maxDepth: options.limits.jsonDepth, shape: taskChatShape });
}
