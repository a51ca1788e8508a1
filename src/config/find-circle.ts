// Names that lead to names: is there a way back?

/** The names on the way from `start` back to it, itself first; undefined = there is none. */
export function findCircle(start: string, next: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const seen = new Set<string>();
  const search = (name: string, way: readonly string[]): readonly string[] | undefined => {
    for (const listed of next.get(name) ?? []) {
      const member = listed.toLowerCase();
      if (member === start) return way;
      if (seen.has(member)) continue;
      seen.add(member);
      const circle = search(member, [...way, member]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  };
  return search(start, [start]);
}
