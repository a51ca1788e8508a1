// The paths under which Google's SDKs ask: AI Studio's in both versions, Vertex AI's with and without a project.

export const geminiFolders = [
  '/v1beta/models',
  '/v1/models',
  '/v1beta1/publishers/google/models',
  '/v1/publishers/google/models',
  '/v1beta1/projects/{project}/locations/{location}/publishers/google/models',
  '/v1/projects/{project}/locations/{location}/publishers/google/models',
  // The SDK makes these of `openai/gpt-4o`.
  '/v1beta1/publishers/{publisher}/models',
  '/v1beta1/projects/{project}/locations/{location}/publishers/{publisher}/models',
] as const;

export const geminiMethods = ['generateContent', 'streamGenerateContent', 'countTokens', 'embedContent', 'batchEmbedContents'] as const;
export type GeminiMethod = (typeof geminiMethods)[number];

/** Other ids hold colons too (`llama3:8b`), so only a method makes the path one of these. */
const underModels = new RegExp(`^/v1/models/.+:(?:${geminiMethods.join('|')})$`);

/** A model's id may hold slashes (`openai/gpt-4o`) and colons; the method is what stands behind the last one. */
export function geminiPath(folder: string, method: GeminiMethod): string {
  return `${folder}/{model+}:${method}`;
}

/** The method of a path that would be one of these if we had it; undefined = it names none. */
export function unknownMethod(path: string): string | undefined {
  return isGeminiPath(path) ? /\/models\/.+:([A-Za-z]+)$/.exec(path)?.[1] : undefined;
}

/** Does a caller of this path understand Google's errors? */
export function isGeminiPath(path: string): boolean {
  return path.startsWith('/v1beta') || path.startsWith('/v1/publishers/') || path.startsWith('/v1/projects/') || underModels.test(path);
}
