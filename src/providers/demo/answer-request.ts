// One HTTP request to the simulator → one reply. Pure but for the fault switch, which counts calls.
import { hash } from 'node:crypto';
import { asObject, asString, tryParseJson, type JsonObject } from '../../core/json.ts';
import type { Ask } from './ask.ts';
import { composeAnswer, type Answer } from './compose-answer.ts';
import { composeCompletion, streamCompletion, writeCompletion } from './completions.ts';
import { answerEmbeddings } from './embeddings.ts';
import { bigFrameTokens, faultProblem, headDelayMs, nonsenseReply, spoilBody, spoilStream, type FaultSwitch } from './faults.ts';
import { describeModel, findDemoModel, listModels, type DemoModel } from './models.ts';
import { readOptions, type DemoOptions } from './options.ts';
import { badRequest, DemoProblem, type ProblemFacts } from './problem.ts';
import { answerImages } from './pictures.ts';
import { answerModeration, answerRerank } from './judgements.ts';
import { readUpload, speak, transcribe, type Upload } from './sounds.ts';
import { readAnthropic } from './read-anthropic.ts';
import { readOpenai } from './read-openai.ts';
import { jsonType, streamType, toHeaders, type DemoReply, type ReplyHeaders, type StreamScript } from './reply.ts';
import { anthropicProblem, streamAnthropic, writeAnthropic } from './write-anthropic.ts';
import { openaiProblem, streamOpenai, writeOpenai, type WriteContext } from './write-openai.ts';

export interface DemoRequest {
  readonly method: string;
  /** With or without `/v1` and a query. */
  readonly path: string;
  /** Of the `x-mpc-demo` header. */
  readonly optionHeader: string | undefined;
  readonly body: Buffer;
}

/** A request whose model and options are known. */
interface Call {
  readonly body: JsonObject;
  readonly model: DemoModel;
  readonly context: WriteContext;
  readonly upload?: Upload;
}

interface Endpoint {
  readonly kind: DemoModel['kind'];
  readonly grammar: Grammar;
  answer(call: Call): DemoReply;
  /** The body is a multipart form. */
  readonly form?: true;
}

function jsonTask(kind: DemoModel['kind'], answer: (body: JsonObject, model: string) => object): Endpoint {
  return {
    kind,
    grammar: openai,
    answer: ({ body, model, context }) => wholeReply(JSON.stringify(answer(body, model.id)), context, { tokens: 0, grammar: openai }),
  };
}

function answerUpload({ upload, context }: Call): DemoReply {
  const { text, contentType } = transcribe(upload ?? { fields: {} });
  return wholeReply(text, context, { tokens: 0, grammar: openai, contentType });
}

interface Grammar {
  writeProblem(facts: ProblemFacts): string;
  readonly requestIdHeader: string;
}

const openai: Grammar = { writeProblem: openaiProblem, requestIdHeader: 'x-request-id' };
const anthropic: Grammar = { writeProblem: anthropicProblem, requestIdHeader: 'request-id' };

const endpoints: Readonly<Record<string, Endpoint>> = {
  '/chat/completions': { kind: 'chat', grammar: openai, answer: (call) => answerChat(call, openaiChat) },
  '/messages': { kind: 'chat', grammar: anthropic, answer: (call) => answerChat(call, anthropicMessages) },
  '/messages/count_tokens': { kind: 'chat', grammar: anthropic, answer: countPrompt },
  '/completions': { kind: 'chat', grammar: openai, answer: answerCompletion },
  '/embeddings': {
    kind: 'embedding',
    grammar: openai,
    answer: (call) => wholeReply(JSON.stringify(answerEmbeddings(call.body, call.model.id)), call.context, { tokens: 0, grammar: openai }),
  },
  '/rerank': jsonTask('rerank', answerRerank),
  '/moderations': jsonTask('moderation', answerModeration),
  '/images/generations': jsonTask('image', answerImages),
  '/images/edits': { ...jsonTask('image', answerImages), form: true },
  '/audio/speech': {
    kind: 'speech',
    grammar: openai,
    answer: ({ body, context }) => wholeReply(speak(body), context, { tokens: 0, grammar: openai, contentType: 'audio/wav' }),
  },
  '/audio/transcriptions': { kind: 'transcription', grammar: openai, form: true, answer: answerUpload },
  '/audio/translations': { kind: 'transcription', grammar: openai, form: true, answer: answerUpload },
};

export function answerRequest(request: DemoRequest, strikes: FaultSwitch): DemoReply {
  const path = request.path.replace(/\?.*$/s, '').replace(/^\/v1(?=\/)/, '');
  if (request.method === 'GET') return answerGet(path);
  const endpoint = request.method === 'POST' ? endpoints[path] : undefined;
  if (endpoint === undefined) return problemReply(openai, { status: 404, message: `The demo simulator has no ${request.method} ${path}` });
  try {
    return endpoint.answer(readCall(request, endpoint, strikes));
  } catch (error) {
    if (error instanceof DemoProblem) return problemReply(endpoint.grammar, error.facts);
    if (error instanceof StruckByFault) return error.reply;
    throw error;
  }
}

function answerGet(path: string): DemoReply {
  if (path === '/models') return jsonReply(200, JSON.stringify(listModels()), {});
  const model = path.startsWith('/models/') ? findDemoModel(path.slice('/models/'.length)) : undefined;
  if (model !== undefined) return jsonReply(200, JSON.stringify(describeModel(model)), {});
  return problemReply(openai, { status: 404, message: `The demo simulator has no GET ${path}` });
}

/** A fault that leaves nothing of the answer. Thrown so that every endpoint is struck in one place. */
class StruckByFault extends Error {
  readonly reply: DemoReply;

  constructor(reply: DemoReply) {
    super('demo fault');
    this.reply = reply;
  }
}

function readCall(request: DemoRequest, endpoint: Endpoint, strikes: FaultSwitch): Call {
  const upload = endpoint.form === true ? readUpload(request.body) : undefined;
  const body = upload?.fields ?? asObject(tryParseJson(request.body.toString('utf8')));
  if (body === undefined) throw badRequest('body', 'We could not parse the JSON body of your request.');
  const name = asString(body.model);
  if (name === undefined) throw badRequest('model', 'you must provide a model parameter');
  const named = readOptions(name, request.optionHeader);
  const options = strikes(named.options) ? named.options : withoutFault(named.options);
  strikeHead(endpoint.grammar, options, body.stream === true);
  const model = findDemoModel(named.model);
  if (model?.kind !== endpoint.kind) throw unknownModel(named.model, model, endpoint.kind);
  const includeUsage = asObject(body.stream_options)?.include_usage === true;
  // The boundary of a form is another one in every call.
  const digest = hash('sha256', upload === undefined ? request.body : JSON.stringify(upload), 'hex');
  return { body, model, context: { digest, model: model.id, options, includeUsage }, ...(upload !== undefined && { upload }) };
}

function withoutFault(options: DemoOptions): DemoOptions {
  if (options.fault === undefined) return options;
  const { fault: _missed, ...rest } = options;
  return rest;
}

function strikeHead(grammar: Grammar, options: DemoOptions, stream: boolean): void {
  const problem = faultProblem(options);
  if (problem !== undefined) throw new StruckByFault(problemReply(grammar, problem, options));
  const nonsense = nonsenseReply(options, stream);
  if (nonsense !== undefined) throw new StruckByFault(nonsense);
}

function unknownModel(name: string, model: DemoModel | undefined, kind: DemoModel['kind']): DemoProblem {
  if (model === undefined)
    return new DemoProblem({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      message: `The model \`${name}\` does not exist in the demo simulator`,
    });
  return badRequest('model', `${name} is not a ${kind} model`);
}

interface ChatGrammar {
  readonly grammar: Grammar;
  read(body: JsonObject, model: string): Ask;
  write(answer: Answer, context: WriteContext): string;
  stream(answer: Answer, context: WriteContext): StreamScript;
}

const openaiChat: ChatGrammar = { grammar: openai, read: readOpenai, write: writeOpenai, stream: streamOpenai };
const anthropicMessages: ChatGrammar = {
  grammar: anthropic,
  read: (body, model) => readAnthropic(body, model, 'answering'),
  write: writeAnthropic,
  stream: streamAnthropic,
};

function answerChat(call: Call, chat: ChatGrammar): DemoReply {
  const { context, ask } = withBigFrame(call.context, chat.read(call.body, call.model.id));
  const answer = composeAnswer(ask, context.options);
  if (ask.stream) return streamReply(chat.stream(answer, context), context, chat.grammar);
  if (context.options.fault === 'midstream') return nonsenseAsWhole(context.options);
  const tokens = answer.usage.output + answer.usage.reasoning;
  return wholeReply(chat.write(answer, context), context, { tokens, grammar: chat.grammar });
}

/** What is an error frame in a stream is, in a whole answer, status 200 with an error for a body. */
function nonsenseAsWhole(options: DemoOptions): DemoReply {
  const reply = nonsenseReply({ ...options, fault: 'error-body' }, false);
  if (reply === undefined) throw new Error('the fault error-body has no reply');
  return reply;
}

function withBigFrame(context: WriteContext, ask: Ask): { context: WriteContext; ask: Ask } {
  if (context.options.fault !== 'bigframe') return { context, ask };
  const { maxTokens: _lifted, ...unlimited } = ask;
  return {
    context: { ...context, options: { ...context.options, tokens: bigFrameTokens, chunk: bigFrameTokens } },
    ask: { ...unlimited, tools: [] },
  };
}

function countPrompt(call: Call): DemoReply {
  const { input } = readAnthropic(call.body, call.model.id, 'counting');
  return wholeReply(JSON.stringify({ input_tokens: input.fresh + input.cached + input.written }), call.context, {
    tokens: 0,
    grammar: anthropic,
  });
}

function answerCompletion(call: Call): DemoReply {
  const completion = composeCompletion(call.body, call.context);
  if (call.body.stream === true) return streamReply(streamCompletion(completion, call.context), call.context, openai);
  return wholeReply(writeCompletion(completion, call.context), call.context, { tokens: completion.usage.output, grammar: openai });
}

interface Saying {
  readonly tokens: number;
  readonly grammar: Grammar;
  /** Default: JSON. */
  readonly contentType?: string;
}

/** A whole answer takes as long as it would take to say it at the given pace. */
function wholeReply(content: string | Buffer, context: WriteContext, { tokens, grammar, contentType = jsonType }: Saying): DemoReply {
  const { options } = context;
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  const spoiled = spoilBody(body, options);
  const promised = spoiled.ending === 'end' ? (spoiled.body[0]?.length ?? 0) : body.length;
  const sayMs = options.pace > 0 ? (tokens / options.pace) * 1_000 : 0;
  return {
    status: 200,
    headers: toHeaders({
      'content-type': contentType,
      'content-length': String(promised),
      [grammar.requestIdHeader]: requestId(context),
      ...label,
    }),
    headDelayMs: headDelayMs(options) + sayMs,
    gapMs: 0,
    ...spoiled,
  };
}

function streamReply(script: StreamScript, context: WriteContext, grammar: Grammar): DemoReply {
  const { options } = context;
  const { opening, content, closing, ending } = spoilStream(script, options);
  const paced = options.pace > 0 && content.length > 0;
  return {
    status: 200,
    headers: streamHeaders(grammar, context),
    headDelayMs: headDelayMs(options),
    // Unpaced, a stream is one piece of text: this is the path that load tests take.
    body: paced ? pacedBody(opening, content, closing) : [Buffer.from(opening + content.join('') + closing)],
    gapMs: paced ? (options.chunk / options.pace) * 1_000 : 0,
    ending,
  };
}

/** The opening comes with the head, the end with the last content. */
function pacedBody(opening: string, content: readonly string[], closing: string): readonly Buffer[] {
  const last = content.length - 1;
  return [Buffer.from(opening), ...content.map((frame, index) => Buffer.from(index === last ? frame + closing : frame))];
}

const label = { 'x-mpc-demo': 'simulator' } as const;

function streamHeaders(grammar: Grammar, context: WriteContext): ReplyHeaders {
  return toHeaders({ 'content-type': streamType, 'cache-control': 'no-cache', [grammar.requestIdHeader]: requestId(context), ...label });
}

function requestId(context: WriteContext): string {
  return `req_demo${context.digest.slice(44)}`;
}

function problemReply(grammar: Grammar, facts: ProblemFacts, options?: DemoOptions): DemoReply {
  const retryAfter: Record<string, string> = options?.retryAfter === undefined ? {} : { 'retry-after': options.retryAfter };
  return { ...jsonReply(facts.status, grammar.writeProblem(facts), retryAfter), headDelayMs: options?.latencyMs ?? 0 };
}

function jsonReply(status: number, text: string, more: Readonly<Record<string, string>>): DemoReply {
  const body = Buffer.from(text);
  const headers = toHeaders({ 'content-type': jsonType, 'content-length': String(body.length), ...label, ...more });
  return { status, headers, headDelayMs: 0, body: [body], gapMs: 0, ending: 'end' };
}
