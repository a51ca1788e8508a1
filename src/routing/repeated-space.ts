// White space at a seam. A prefill must not end in white space, so the end of what was said is left out of it, and the model that
// goes on may say it again: the client has it already.

export interface SpaceStripper {
  /** The text without what repeats; '' while all of it does. */
  push(text: string): string;
}

/** Takes away what the beginning of a text has in common with `space`, in whatever pieces it comes. */
export function createSpaceStripper(space: string): SpaceStripper {
  let matched = 0;
  let decided = space === '';

  return {
    push(text) {
      if (decided) return text;
      let at = 0;
      while (at < text.length && matched < space.length && text[at] === space[matched]) {
        at += 1;
        matched += 1;
      }
      decided = at < text.length || matched === space.length;
      return text.slice(at);
    },
  };
}
