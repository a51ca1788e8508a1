// The declared mapping of an API that speaks no known grammar: what is sent, and where in the answer the result stands.
// It comes from the operator's file and is checked at load time; every mistake is told with its place.
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { parsePath, type Path } from './paths.ts';
import { namesIn } from './placeholders.ts';

const templateTasks = ['chat', 'embed', 'image'] as const;
export type TemplateTask = (typeof templateTasks)[number];

export interface TaskTemplate {
  /** Appended to the base URL; `{model}` is filled. */
  readonly path: string;
  readonly body: JsonObject;
  readonly response: Readonly<Record<string, Path>>;
}

export type HttpTemplate = Partial<Readonly<Record<TemplateTask, TaskTemplate>>>;

export interface TemplateProblem {
  /** From the template on: `['chat', 'response', 'text']`. */
  readonly path: readonly string[];
  readonly message: string;
}

interface TaskWords {
  readonly placeholders: readonly string[];
  /** What the answer must tell. */
  readonly needed: string;
  readonly optional: readonly string[];
}

const counted = ['input_tokens', 'output_tokens', 'error'] as const;

const templateWords: Readonly<Record<TemplateTask, TaskWords>> = {
  chat: {
    placeholders: ['model', 'prompt', 'system', 'messages', 'transcript', 'max_tokens', 'temperature', 'top_p', 'stop', 'seed', 'user'],
    needed: 'text',
    optional: ['finish', ...counted],
  },
  embed: { placeholders: ['model', 'inputs', 'input', 'dimensions', 'user'], needed: 'vectors', optional: counted },
  image: {
    placeholders: ['model', 'prompt', 'n', 'width', 'height', 'size', 'quality', 'seed', 'user'],
    needed: 'images',
    optional: counted,
  },
};

/** The members of the file → a template, or everything that is wrong with it. */
export function readTemplate(value: unknown): { readonly template: HttpTemplate; readonly problems: readonly TemplateProblem[] } {
  const problems: TemplateProblem[] = [];
  const template: Partial<Record<TemplateTask, TaskTemplate>> = {};
  if (!isObject(value)) return { template, problems: [{ path: [], message: `must be a map of ${templateTasks.join(', ')}` }] };
  for (const [name, member] of Object.entries(value)) {
    const task = templateTasks.find((one) => one === name);
    if (task === undefined) problems.push({ path: [name], message: `unknown kind of work; known: ${templateTasks.join(', ')}` });
    else {
      const read = readTask(task, member, problems);
      if (read !== undefined) template[task] = read;
    }
  }
  if (Object.keys(value).length === 0) problems.push({ path: [], message: `is empty; it needs one of ${templateTasks.join(', ')}` });
  return { template, problems };
}

function readTask(task: TemplateTask, value: JsonValue | undefined, problems: TemplateProblem[]): TaskTemplate | undefined {
  const before = problems.length;
  const wrong = (path: readonly string[], message: string): void => {
    problems.push({ path: [task, ...path], message });
  };
  if (!isObject(value)) {
    wrong([], 'must be a map with path, body and response');
    return undefined;
  }
  for (const key of Object.keys(value)) {
    if (!['method', 'path', 'body', 'response'].includes(key)) wrong([key], 'unknown setting; known here: method, path, body, response');
  }
  const { method, path, body, response } = value;
  if (method !== undefined && method !== 'POST') wrong(['method'], 'only POST is supported');
  if (typeof path !== 'string' || !/^\/\S*$/.test(path)) wrong(['path'], 'must be a path that begins with /');
  if (!isObject(body)) wrong(['body'], 'must be a map: the body that is sent, with {{placeholders}}');
  else checkNames(task, body, wrong);
  const paths = isObject(response) ? readPaths(task, response, wrong) : undefined;
  if (paths === undefined) wrong(['response'], `must be a map that says where ${templateWords[task].needed} stands`);
  if (problems.length > before || typeof path !== 'string' || !isObject(body) || paths === undefined) return undefined;
  return { path, body, response: paths };
}

type Wrong = (path: readonly string[], message: string) => void;

function checkNames(task: TemplateTask, body: JsonObject, wrong: Wrong): void {
  const { placeholders } = templateWords[task];
  for (const [key, value] of Object.entries(body)) {
    for (const name of value === undefined ? [] : namesIn(value)) {
      if (!placeholders.includes(name)) wrong(['body', key], `{{${name}}} is no placeholder; known: ${placeholders.join(', ')}`);
    }
  }
}

function readPaths(task: TemplateTask, response: JsonObject, wrong: Wrong): Record<string, Path> {
  const { needed, optional } = templateWords[task];
  const paths: Record<string, Path> = {};
  for (const [name, text] of Object.entries(response)) {
    const path = typeof text === 'string' ? parsePath(text) : undefined;
    if (name !== needed && !optional.includes(name)) wrong(['response', name], `unknown; known here: ${[needed, ...optional].join(', ')}`);
    else if (path === undefined) wrong(['response', name], 'must be a path such as $.output[0].text or /output/0/text');
    else paths[name] = path;
  }
  if (response[needed] === undefined) wrong(['response'], `must say where ${needed} stands`);
  return paths;
}
