// A text completion request → canonical chat: one user message, the vendor's default length, and the parameters both APIs share.
import type { ChatRequest } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { readPrompt } from './prompt.ts';

/** What the vendor's API writes at most when nothing is said (its reference of POST /v1/completions). */
const defaultMaxTokens = 16;

/** Members that cannot be asked of a chat model or cannot be shown in this grammar, with why. */
const lost: Readonly<Record<string, string>> = {
  echo: 'the answer does not repeat the prompt',
  best_of: 'each choice is made once',
  suffix: 'the model answers the prompt and does not insert before a suffix',
  logprobs: 'the answer has no log probabilities',
  messages: 'a text completion has a prompt, no messages',
  tools: 'a text completion cannot show tool calls',
  tool_choice: 'a text completion cannot show tool calls',
  parallel_tool_calls: 'a text completion cannot show tool calls',
  functions: 'a text completion cannot show tool calls',
  function_call: 'a text completion cannot show tool calls',
};

export function decodeRequest(body: JsonObject, warnings: Warning[] = []): ChatRequest {
  const prompt = readPrompt(body.prompt);
  const kept = Object.entries(body).filter(([field]) => field !== 'prompt' && !Object.hasOwn(lost, field));
  for (const [field, message] of Object.entries(lost)) {
    if (isAsked(field, body)) warnings.push({ field, kind: 'dropped', message });
  }
  const request = openaiChat.decodeRequest({
    ...Object.fromEntries(kept),
    max_tokens: body.max_tokens ?? defaultMaxTokens,
    messages: [{ role: 'user', content: prompt }],
  });
  // The mark tells encoders in whose words to name fields.
  return { ...request, extensions: { ...request.extensions, 'openai-completions': {} } };
}

/** Whether a member says more than its absence would: SDKs and frameworks send every default along. */
function isAsked(field: string, body: JsonObject): boolean {
  const value: JsonValue | undefined = body[field];
  if (value === undefined || value === null || value === false || value === '') return false;
  if (field !== 'best_of') return true;
  return typeof value === 'number' && value > (typeof body.n === 'number' ? body.n : 1);
}
