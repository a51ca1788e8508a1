// What the matrix plays through every pair of grammars, in words of its own. Nothing here is the product's.

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Turn {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly text?: string;
  /** Base64 of a PNG. */
  readonly image?: string;
  readonly calls?: readonly Call[];
  readonly results?: readonly { readonly id: string; readonly name: string; readonly text: string }[];
  /** A cache mark stands on the text. */
  readonly marked?: boolean;
}

export interface Answer {
  readonly thought?: string;
  readonly text?: string;
  readonly calls?: readonly Call[];
  readonly end: 'stop' | 'length' | 'tools' | 'refused';
  readonly cachedInput?: number;
}

export interface Scenario {
  readonly name: string;
  /** What must come through, for the reader of the page. */
  readonly about: string;
  /** The facts it is about; a client whose grammar has no words for any of them cannot play it. */
  readonly point?: RegExp;
  readonly system?: string;
  readonly markedSystem?: boolean;
  readonly turns: readonly Turn[];
  readonly tools?: readonly Tool[];
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly reasons?: boolean;
  readonly stop?: readonly string[];
  readonly maxTokens?: number;
  readonly answer: Answer;
  /** The upstream answers this status instead, with this sentence. */
  readonly error?: { readonly status: number; readonly message: string };
}

const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const inputTokens = 500;
export const outputTokens = 40;

const weather: Tool = {
  name: 'get_weather',
  description: 'Weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const clock: Tool = {
  name: 'get_time',
  description: 'Time in a zone',
  parameters: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] },
};
const ask = (text: string): Turn => ({ role: 'user', text });
const say = (text: string): Turn => ({ role: 'assistant', text });
const call = (id: string, name: string, input: Call['input']): Call => ({ id, name, input });
const fine: Answer = { text: 'All is well.', end: 'stop' };

export const scenarios: readonly Scenario[] = [
  { name: 'text', about: 'A question and its answer, with token counts.', turns: [ask('How are you?')], answer: fine },
  { name: 'system', about: 'A system prompt.', system: 'Be brief.', turns: [ask('How are you?')], answer: fine },
  {
    name: 'multi-turn',
    about: 'Earlier turns, in their order.',
    turns: [ask('One?'), say('Two.'), ask('Three?'), say('Four.'), ask('Five?')],
    answer: fine,
  },
  {
    name: 'image',
    about: 'A picture as data beside a text.',
    turns: [{ role: 'user', text: 'What is this?', image: pixel }],
    answer: fine,
  },
  {
    name: 'tool round trip',
    about: 'Two calls one after the other with their results, then a third in the answer; ids keep each result with its call.',
    tools: [weather, clock],
    turns: [
      ask('Weather and time in Oslo?'),
      { role: 'assistant', calls: [call('call_1aB', 'get_weather', { city: 'Oslo' })] },
      { role: 'tool', results: [{ id: 'call_1aB', name: 'get_weather', text: 'cold' }] },
      { role: 'assistant', calls: [call('call_2cD', 'get_time', { zone: 'CET' })] },
      { role: 'tool', results: [{ id: 'call_2cD', name: 'get_time', text: 'noon' }] },
    ],
    answer: { calls: [call('call_3eF', 'get_weather', { city: 'Bergen' })], end: 'tools' },
  },
  {
    name: 'parallel tools',
    about: 'Two calls in one turn, in the history and in the answer.',
    tools: [weather, clock],
    turns: [
      ask('Weather and time in Oslo?'),
      { role: 'assistant', calls: [call('call_1aB', 'get_weather', { city: 'Oslo' }), call('call_2cD', 'get_time', { zone: 'CET' })] },
      {
        role: 'tool',
        results: [
          { id: 'call_1aB', name: 'get_weather', text: 'cold' },
          { id: 'call_2cD', name: 'get_time', text: 'noon' },
        ],
      },
    ],
    answer: { calls: [call('call_3eF', 'get_weather', { city: 'Bergen' }), call('call_4gH', 'get_time', { zone: 'EET' })], end: 'tools' },
  },
  {
    name: 'JSON schema',
    about: 'An answer held to a JSON Schema.',
    schema: { type: 'object', properties: { verdict: { type: 'string' } }, required: ['verdict'], additionalProperties: false },
    turns: [ask('Is it good?')],
    answer: { text: '{"verdict":"yes"}', end: 'stop' },
  },
  {
    name: 'reasoning',
    about: 'The wish to think, and the thinking in the answer.',
    reasons: true,
    turns: [ask('Why?')],
    answer: { thought: 'Let me think.', text: 'Because.', end: 'stop' },
  },
  {
    name: 'stop',
    about: 'Stop sequences.',
    point: /^stop /,
    stop: ['END', 'FIN'],
    turns: [ask('Count.')],
    answer: { text: 'one two', end: 'stop' },
  },
  {
    name: 'max tokens',
    about: 'The most tokens of an answer, and an answer cut off there.',
    maxTokens: 777,
    turns: [ask('Tell a story.')],
    answer: { text: 'Once upon', end: 'length' },
  },
  { name: 'refusal', about: 'The model refuses.', turns: [ask('Something bad.')], answer: { text: 'I cannot help.', end: 'refused' } },
  {
    name: 'error',
    about: 'The provider limits the rate: status 429 and its sentence in the grammar of the caller.',
    turns: [ask('How are you?')],
    answer: fine,
    error: { status: 429, message: 'Too many requests, slow down' },
  },
  {
    name: 'cached prompt',
    point: /^(mark|cached )/,
    about: 'Cache marks on the way there, cached tokens in the usage on the way back.',
    system: 'A long text to keep.',
    markedSystem: true,
    turns: [{ role: 'user', text: 'How are you?', marked: true }],
    answer: { ...fine, cachedInput: 400 },
  },
];

/** JSON with its members in alphabetical order, so that equal values are equal texts. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** The request as a list of facts in order, each a short text; readers of the grammars make the same list out of bodies. */
export function requestFacts(scenario: Scenario): string[] {
  const facts = new RequestFacts();
  for (const tool of scenario.tools ?? []) facts.add(`tool ${tool.name} ${stable(tool.parameters)}`);
  if (scenario.schema !== undefined) facts.add('schema');
  if (scenario.reasons === true) facts.add('reasons');
  for (const stop of scenario.stop ?? []) facts.add(`stop ${stop}`);
  if (scenario.maxTokens !== undefined) facts.add(`most ${scenario.maxTokens}`);
  if (scenario.system !== undefined) facts.add(`system ${scenario.system}`);
  if (scenario.markedSystem === true) facts.add('mark');
  for (const turn of scenario.turns) {
    if (turn.text !== undefined) facts.add(`${turn.role} ${turn.text}`);
    if (turn.image !== undefined) facts.add(`image ${turn.image}`);
    if (turn.marked === true) facts.add('mark');
    for (const one of turn.calls ?? []) facts.call(one.id, one.name, one.input);
    for (const result of turn.results ?? []) facts.result(result.id, result.text);
  }
  return facts.list;
}

/** Collects facts; the ids of calls become numbers in order of appearance, because grammars may rewrite them together. */
export class RequestFacts {
  readonly list: string[] = [];
  readonly #ids = new Map<string, number>();

  add(fact: string): void {
    this.list.push(fact);
  }

  call(id: string, name: string, input: unknown): void {
    this.#ids.set(id, this.#ids.size + 1);
    this.add(`call ${this.#ids.get(id)} ${name} ${stable(input)}`);
  }

  result(id: string, text: string): void {
    this.add(`result ${this.#ids.get(id) ?? 'of no call'} ${text}`);
  }
}

export function answerFacts({ answer }: Scenario): string[] {
  return [
    ...(answer.thought === undefined ? [] : [`thought ${answer.thought}`]),
    ...(answer.text === undefined ? [] : [`text ${answer.text}`]),
    ...(answer.calls ?? []).map((one) => `call ${one.id} ${one.name} ${stable(one.input)}`),
    `end ${answer.end}`,
    `tokens ${inputTokens} ${outputTokens}`,
    ...(answer.cachedInput === undefined ? [] : [`cached ${answer.cachedInput}`]),
  ];
}
