// Members whose value says what happens anyway: removing one of these loses nothing, so nobody is warned.

const defaults: Readonly<Record<string, string>> = {
  n: '1',
  temperature: '1',
  top_p: '1',
  presence_penalty: '0',
  frequency_penalty: '0',
  logprobs: 'false',
  store: 'false',
  parallel_tool_calls: 'true',
  tool_choice: '"auto"',
  service_tier: '"auto"',
  modalities: '["text"]',
  stop: '[]',
  logit_bias: '{}',
  metadata: '{}',
};

/** `text` is the value as JSON text. */
export function lossless(member: string, text: string): boolean {
  return text === 'null' || defaults[member] === text;
}
