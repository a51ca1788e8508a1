// Splits <think>…</think> at the beginning of a text into reasoning and text, whatever the cuts between pieces.
// Only at the beginning: a tag inside the answer (a code block about such tags) is content.

export interface ThinkSplitter {
  push(text: string, sink: ThinkSink): void;
  /** The text has ended: what was held back as a possible tag is said. An unclosed <think> leaves all of it reasoning. */
  end(sink: ThinkSink): void;
}

interface ThinkSink {
  readonly text: (text: string) => void;
  readonly reasoning: (text: string) => void;
}

const opening = '<think>';
const closing = '</think>';

export function createThinkSplitter(): ThinkSplitter {
  let state: 'before' | 'inside' | 'after' | 'text' = 'before';
  let held = '';

  function push(piece: string, sink: ThinkSink): void {
    if (state === 'text') {
      if (piece !== '') sink.text(piece);
      return;
    }
    held += piece;
    let stuck = false;
    while (!stuck) stuck = step(sink);
  }

  function step(sink: ThinkSink): boolean {
    return state === 'inside' ? findClosing(sink) : findOpening(sink);
  }

  /** True when nothing more can be said before the next piece. */
  function findOpening(sink: ThinkSink): boolean {
    const rest = held.trimStart();
    if (rest.startsWith(opening)) {
      state = 'inside';
      held = rest.slice(opening.length);
      return false;
    }
    if (opening.startsWith(rest)) return true;
    // The blank lines between the reasoning and the answer belong to neither.
    const text = state === 'after' ? rest : held;
    state = 'text';
    held = '';
    sink.text(text);
    return true;
  }

  function findClosing(sink: ThinkSink): boolean {
    const at = held.indexOf(closing);
    const size = at === -1 ? held.length - partialTail(held, closing) : at;
    if (size > 0) sink.reasoning(held.slice(0, size));
    held = held.slice(at === -1 ? size : at + closing.length);
    if (at === -1) return true;
    state = 'after';
    return false;
  }

  function end(sink: ThinkSink): void {
    const rest = state === 'after' ? held.trimStart() : held;
    held = '';
    if (rest === '') return;
    if (state === 'inside') sink.reasoning(rest);
    else sink.text(rest);
  }

  return { push, end };
}

/** Length of the longest end of `text` that is a beginning of `tag`. */
function partialTail(text: string, tag: string): number {
  for (let size = Math.min(tag.length - 1, text.length); size > 0; size -= 1) {
    if (text.endsWith(tag.slice(0, size))) return size;
  }
  return 0;
}
