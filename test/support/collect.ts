// What a client saw: the frames of an event stream, in order, and how the bytes ended.

export interface SeenFrame {
  /** The `event:` field, '' when absent. */
  readonly event: string;
  readonly data: string;
  /** Comment lines of the frame, without the colon. */
  readonly comments: readonly string[];
}

export interface SeenStream {
  readonly frames: readonly SeenFrame[];
  /** Bytes after the last complete frame; '' when the stream ended on a frame border. */
  readonly tail: string;
  /** The reader's error when the connection broke instead of ending. */
  readonly brokenBy?: unknown;
  readonly text: string;
}

/** Reads a response to its end. LF framing only: the gateway promises it to its clients. */
export async function collectStream(response: Response): Promise<SeenStream> {
  let text = '';
  let brokenBy: unknown;
  try {
    for await (const piece of decoded(response)) text += piece;
  } catch (error) {
    brokenBy = error;
  }
  const blocks = text.split('\n\n');
  const tail = blocks.pop() ?? '';
  return { frames: blocks.map(toFrame), tail, text, ...(brokenBy !== undefined && { brokenBy }) };
}

/** Frames as they arrive, for tests that act in mid-stream. */
export async function* readFrames(response: Response): AsyncGenerator<SeenFrame> {
  let held = '';
  for await (const piece of decoded(response)) {
    held += piece;
    for (let border = held.indexOf('\n\n'); border >= 0; border = held.indexOf('\n\n')) {
      yield toFrame(held.slice(0, border));
      held = held.slice(border + 2);
    }
  }
}

/** The JSON of all data frames except `[DONE]`; `Shape` is the test's claim about them. */
export function jsonFrames<Shape = Record<string, unknown>>(stream: SeenStream): readonly Shape[] {
  return stream.frames.filter((frame) => frame.data !== '' && frame.data !== '[DONE]').map((frame) => JSON.parse(frame.data) as Shape);
}

/** Text of an OpenAI chat stream's first choice. */
export function openaiText(stream: SeenStream): string {
  return jsonFrames<{ choices?: { delta?: { content?: string | null } }[] }>(stream)
    .map((chunk) => chunk.choices?.[0]?.delta?.content ?? '')
    .join('');
}

/** Text of an Anthropic messages stream. */
export function anthropicText(stream: SeenStream): string {
  return jsonFrames<{ delta?: { type?: string; text?: string } }>(stream)
    .map((event) => (event.delta?.type === 'text_delta' ? (event.delta.text ?? '') : ''))
    .join('');
}

async function* decoded(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) yield decoder.decode(bytes as Uint8Array, { stream: true });
}

function toFrame(block: string): SeenFrame {
  let event = '';
  const data: string[] = [];
  const comments: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith(':')) comments.push(line.slice(1).trim());
    else if (line.startsWith('event:')) event = line.slice(6).trim();
    else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
  }
  return { event, data: data.join('\n'), comments };
}
