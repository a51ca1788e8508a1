// Mistral's answer to a prefill begins with the prefill. The caller has that text already and would join it to itself.

export interface PrefixStripper {
  /** The text that may be said; '' while it is undecided whether it is the prefix. */
  push(text: string): string;
  /** The answer is over: what was held, if it was not the prefix after all. */
  end(): string;
}

/** Takes the beginning of a text away when it is exactly `prefix`, in whatever pieces it comes. */
export function createPrefixStripper(prefix: string): PrefixStripper {
  let held = '';
  let decided = prefix === '';

  return {
    push(text) {
      if (decided) return text;
      held += text;
      if (held.length < prefix.length && prefix.startsWith(held)) return '';
      decided = true;
      return held.startsWith(prefix) ? held.slice(prefix.length) : held;
    },
    end() {
      const rest = decided ? '' : held;
      decided = true;
      return rest;
    },
  };
}
