// What a model id tells about the grammar it takes: the vendor changed how thinking is asked for between generations.

export interface ModelFamily {
  /** 2.5, 3, 3.1 …; undefined = not one of the vendor's own names (tuned models, other vendors). */
  readonly generation: number | undefined;
  readonly tier: 'pro' | 'flash' | 'other';
  /** Open models: no system instruction, no thinking settings. */
  readonly gemma: boolean;
}

/** The generation that names without a number (`gemini-flash-latest`) mean. */
const latestGeneration = 3;

export function readModelFamily(model: string): ModelFamily {
  const id = model.toLowerCase();
  const tier = /(?:^|[-/])pro(?:-|$)/.test(id) ? 'pro' : /(?:^|[-/])flash(?:-|$)/.test(id) ? 'flash' : 'other';
  return { generation: readGeneration(id), tier, gemma: /(?:^|\/)gemma/.test(id) };
}

function readGeneration(id: string): number | undefined {
  const numbered = /gemini-(\d+(?:\.\d+)?)/.exec(id)?.[1];
  if (numbered !== undefined) return Number(numbered);
  return /gemini-.*latest/.test(id) ? latestGeneration : undefined;
}
