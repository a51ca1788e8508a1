// OpenAI's chunk grammar as a strict reader: what its SDKs do with a stream, and an error wherever one of them would stumble.

interface Wire {
  readonly [key: string]: unknown;
}

export interface AssembledCompletion {
  readonly id: string;
  readonly model: string;
  /** The message as a client sends it back in its next request. */
  readonly message: Wire;
  readonly finishReason: string;
  readonly usage: Wire | undefined;
}

interface Call {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

/** Reads a whole stream of one choice as a client does; throws at the first step out of order. */
export function assembleCompletion(stream: string): AssembledCompletion {
  if (!stream.endsWith('data: [DONE]\n\n')) throw new Error('the stream does not end with [DONE]');
  const chunks = stream.slice(0, -2).split('\n\n').slice(0, -1).map(readChunk);
  const [first] = chunks;
  if (first === undefined) throw new Error('the stream has no chunks');
  const message: Record<string, unknown> = { role: 'assistant', content: null };
  const calls: Call[] = [];
  const details: unknown[] = [];
  let finishReason: string | undefined;
  let usage: Wire | undefined;
  let roleSaid = false;
  for (const chunk of chunks) {
    if (chunk.id !== first.id || chunk.model !== first.model || chunk.created !== first.created)
      throw new Error('the envelope changes within the stream');
    usage = (chunk.usage as Wire | null | undefined) ?? usage;
    for (const choice of chunk.choices as readonly Wire[]) {
      const delta = choice.delta as Wire;
      if (choice.index !== 0) throw new Error(`choice ${String(choice.index)} was not asked for`);
      if (finishReason !== undefined && Object.keys(delta).length > 0) throw new Error('content after the finish reason');
      if (!roleSaid && delta.role !== 'assistant') throw new Error('the first delta has no role');
      roleSaid = true;
      for (const field of ['content', 'reasoning_content', 'refusal']) {
        if (typeof delta[field] === 'string') message[field] = String(message[field] ?? '') + delta[field];
      }
      details.push(...((delta.reasoning_details as unknown[] | undefined) ?? []));
      for (const piece of (delta.tool_calls as readonly Wire[] | undefined) ?? []) addCall(calls, piece);
      if (choice.finish_reason !== null && choice.finish_reason !== undefined) finishReason = String(choice.finish_reason);
    }
  }
  if (finishReason === undefined || !['stop', 'length', 'tool_calls', 'content_filter'].includes(finishReason)) {
    throw new Error(`the stream ends with the finish reason ${finishReason}`);
  }
  if (calls.length > 0) message.tool_calls = calls;
  if (details.length > 0) message.reasoning_details = details;
  return { id: String(first.id), model: String(first.model), message, finishReason, usage };
}

function readChunk(frame: string): Wire {
  const [, data] = /^data: (\{[^\n]*\})$/.exec(frame) ?? [];
  if (data === undefined) throw new Error(`not a frame of this grammar: ${frame.slice(0, 100)}`);
  const chunk = JSON.parse(data) as Wire;
  if (chunk.object !== 'chat.completion.chunk' || !Array.isArray(chunk.choices)) throw new Error('not a chunk');
  for (const field of ['id', 'model']) {
    if (typeof chunk[field] !== 'string' || chunk[field] === '') throw new Error(`a chunk has no ${field}`);
  }
  return chunk;
}

/** The first piece of a call has id and name, the others only its index. */
function addCall(calls: Call[], piece: Wire): void {
  const called = (piece.function ?? {}) as Wire;
  const index = piece.index as number;
  const known = calls[index];
  if (known !== undefined) {
    if (piece.id !== undefined) throw new Error(`tool call ${index} begins twice`);
    known.function.arguments += String(called.arguments ?? '');
    return;
  }
  if (index !== calls.length || typeof piece.id !== 'string' || typeof called.name !== 'string')
    throw new Error(`tool call ${index} begins without id and name`);
  calls.push({ id: piece.id, type: 'function', function: { name: called.name, arguments: String(called.arguments ?? '') } });
}
