// The vendor's stream grammar as a strict reader: what its SDKs do with a stream, and an error wherever one of them would stumble.

interface Wire {
  readonly [key: string]: unknown;
}

export interface AssembledMessage {
  readonly id: string;
  readonly model: string;
  readonly content: readonly Wire[];
  readonly stopReason: unknown;
  readonly usage: Wire;
}

const deltaOfBlock: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  mcp_tool_use: ['input_json_delta'],
};

/** Reads a whole stream as a client does; throws at the first step out of order. */
export function assembleMessage(stream: string): AssembledMessage {
  if (!stream.endsWith('\n\n')) throw new Error('the stream does not end with a whole frame');
  const events = stream.slice(0, -2).split('\n\n').flatMap(readFrame);
  const [first, ...rest] = events;
  if (first?.type !== 'message_start') throw new Error('the stream does not begin with message_start');
  const message = first.message as Wire;
  for (const field of ['id', 'model']) {
    if (typeof message[field] !== 'string' || message[field] === '') throw new Error(`message_start has no ${field}`);
  }
  assertUsage(message.usage as Wire);

  const content: Record<string, unknown>[] = [];
  let input = '';
  let open = -1;
  let ended: Wire | undefined;
  let stopped = false;
  for (const event of rest) {
    if (stopped) throw new Error(`${String(event.type)} after message_stop`);
    switch (event.type) {
      case 'ping':
        break;
      case 'content_block_start':
        if (ended !== undefined || open >= 0 || event.index !== content.length)
          throw new Error(`block ${String(event.index)} begins out of order`);
        open = content.length;
        content.push({ ...(event.content_block as Wire) });
        input = '';
        break;
      case 'content_block_delta': {
        const block = content[open];
        const delta = event.delta as Wire;
        if (block === undefined || event.index !== open) throw new Error(`delta for block ${String(event.index)}, which is not open`);
        if (deltaOfBlock[String(block.type)]?.includes(String(delta.type)) !== true)
          throw new Error(`${String(delta.type)} in a ${String(block.type)} block`);
        if (block.signature !== undefined && block.signature !== '' && delta.type === 'thinking_delta')
          throw new Error('thinking after its signature');
        if (delta.type === 'text_delta') block.text = String(block.text) + String(delta.text);
        if (delta.type === 'thinking_delta') block.thinking = String(block.thinking) + String(delta.thinking);
        if (delta.type === 'signature_delta') block.signature = delta.signature;
        if (delta.type === 'citations_delta') block.citations = [...((block.citations as unknown[] | undefined) ?? []), delta.citation];
        if (delta.type === 'input_json_delta') input += String(delta.partial_json);
        break;
      }
      case 'content_block_stop': {
        const block = content[open];
        if (block === undefined || event.index !== open) throw new Error(`block ${String(event.index)} ends without being open`);
        if (input !== '') block.input = JSON.parse(input);
        open = -1;
        break;
      }
      case 'message_delta':
        if (open >= 0 || ended !== undefined) throw new Error('message_delta out of order');
        ended = event;
        if (typeof (ended.delta as Wire).stop_reason !== 'string') throw new Error('message_delta without a stop reason');
        assertUsage(ended.usage as Wire);
        break;
      case 'message_stop':
        if (ended === undefined) throw new Error('message_stop before message_delta');
        stopped = true;
        break;
      default:
        throw new Error(`unknown event ${String(event.type)}`);
    }
  }
  if (!stopped || ended === undefined) throw new Error('the stream ends without message_stop');
  return {
    id: String(message.id),
    model: String(message.model),
    content,
    stopReason: (ended.delta as Wire).stop_reason,
    usage: { ...(message.usage as Wire), ...(ended.usage as Wire) },
  };
}

function readFrame(frame: string): Wire[] {
  if (frame.startsWith(':')) return [];
  const [, name, data] = /^event: (\S+)\ndata: (\{[^\n]*\})$/.exec(frame) ?? [];
  if (name === undefined || data === undefined) throw new Error(`not a frame of this grammar: ${frame.slice(0, 100)}`);
  const event = JSON.parse(data) as Wire;
  if (event.type !== name) throw new Error(`event ${name} holds ${String(event.type)}`);
  return [event];
}

function assertUsage(usage: Wire): void {
  for (const field of ['input_tokens', 'output_tokens']) {
    if (!Number.isInteger(usage[field])) throw new Error(`usage has no ${field}`);
  }
}
