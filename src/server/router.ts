// One route table for all dialects: exact paths by map, patterns (`/v1/models/{id}`) after that, forgiving aliases last.
import { nearestNames } from '../catalog/nearest.ts';
import { GatewayError } from '../core/errors.ts';
import type { Call } from './call.ts';
import {
  anthropicGrammar,
  apiGrammar,
  cohereGrammar,
  type ErrorGrammar,
  geminiGrammar,
  openaiGrammar,
  responsesGrammar,
} from './error-grammar.ts';
import { geminiMethods, isGeminiPath, unknownMethod } from './client-api/gemini-paths.ts';

export type Method = 'GET' | 'POST' | 'DELETE';
export type Handler = (call: Call) => Promise<void> | void;

/** `public`: no key; `key`: any valid key; `manager`: the admin key or one that manages its team's keys; `admin`: the admin key. */
export type RouteAccess = 'public' | 'key' | 'manager' | 'admin';

export interface Route {
  readonly method: Method;
  /** `/v1/models/{id}`; a last segment `{id+}` takes slashes too. */
  readonly path: string;
  readonly access: RouteAccess;
  readonly handler: Handler;
  /** Grammar of its errors; by the path's family when absent. */
  readonly grammar?: ErrorGrammar;
}

export interface Matched {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  readonly path: string;
  readonly grammar: ErrorGrammar;
}

interface Pattern {
  readonly expression: RegExp;
  readonly names: readonly string[];
  readonly methods: Map<string, Route>;
  readonly path: string;
}

const noParams: Readonly<Record<string, string>> = Object.freeze({});

export class Router {
  private readonly exact = new Map<string, Map<string, Route>>();
  private readonly patterns: Pattern[] = [];
  /** `POST` → `/v1/chat/completions` → its match, made once: most requests hit an exact path. */
  private readonly ready = new Map<string, Map<string, Matched>>();

  add(route: Route): void {
    if (!route.path.includes('{')) {
      const methods = this.exact.get(route.path) ?? new Map<string, Route>();
      methods.set(route.method, route);
      this.exact.set(route.path, methods);
      const ready = this.ready.get(route.method) ?? new Map<string, Matched>();
      ready.set(route.path, { route, params: noParams, path: route.path, grammar: route.grammar ?? grammarOf(route.path) });
      this.ready.set(route.method, ready);
      return;
    }
    const known = this.patterns.find((pattern) => pattern.path === route.path);
    if (known !== undefined) known.methods.set(route.method, route);
    else this.patterns.push({ ...compilePattern(route.path), methods: new Map([[route.method, route]]), path: route.path });
  }

  /** Every path with its methods, for suggestions and the API description. */
  routes(): readonly Route[] {
    return [...this.exact.values(), ...this.patterns.map((pattern) => pattern.methods)].flatMap((methods) => [...methods.values()]);
  }

  /** Throws not_found with the nearest route, or method_not_allowed with the methods that exist. */
  match(method: string, rawPath: string): Matched {
    const ready = this.ready.get(method)?.get(rawPath);
    if (ready !== undefined) return ready;
    const found = this.lookUp(rawPath) ?? this.lookUp(canonicalPath(rawPath));
    if (found === undefined) {
      const [nearest] = nearestNames(canonicalPath(rawPath), [...this.exact.keys(), ...this.patterns.map((pattern) => pattern.path)], 1);
      const hint = nearest === undefined ? 'see /openapi.json for all of them' : `did you mean ${nearest}?`;
      throw new GatewayError('not_found', `there is no endpoint ${rawPath.slice(0, 200)}; ${hint}`);
    }
    const route = found.methods.get(method === 'HEAD' ? 'GET' : method);
    if (route === undefined) {
      // The path matches as a model's id with a colon; what is missing is the method, not the verb.
      const unknown = method === 'POST' ? unknownMethod(found.path) : undefined;
      if (unknown !== undefined) {
        throw new GatewayError('not_found', `there is no method ${unknown.slice(0, 60)}; known: ${geminiMethods.join(', ')}`);
      }
      const allow = [...found.methods.keys()].flatMap((known) => (known === 'GET' ? ['GET', 'HEAD'] : [known])).join(', ');
      throw new GatewayError('method_not_allowed', `${found.path} takes ${allow}, not ${method.slice(0, 20)}`, { extra: { allow } });
    }
    return { route, params: found.params, path: found.path, grammar: route.grammar ?? grammarOf(found.path) };
  }

  private lookUp(path: string): { methods: Map<string, Route>; params: Readonly<Record<string, string>>; path: string } | undefined {
    const exact = this.exact.get(path);
    if (exact !== undefined) return { methods: exact, params: noParams, path };
    for (const pattern of this.patterns) {
      const match = pattern.expression.exec(path);
      if (match === null) continue;
      const params: Record<string, string> = {};
      for (const [index, name] of pattern.names.entries()) params[name] = decodeSegment(match[index + 1] ?? '');
      return { methods: pattern.methods, params, path };
    }
    return undefined;
  }
}

/** What mis-set base URLs make of a path → the path that was meant. Redirect-free, because POST bodies do not survive redirects. */
function canonicalPath(rawPath: string): string {
  let path = rawPath.replace(/\/{2,}/g, '/');
  if (path.length > 1 && path.endsWith('/')) path = path.slice(0, -1);
  path = path.replace(/^\/(?:openai|anthropic)(?=\/v1(?:\/|$))/, '');
  path = path.replace(/^(?:\/v1){2,}(?=\/|$)/, '/v1');
  // Azure's older form, with the version in the query.
  path = path.replace(/^\/openai(?=\/responses(?:\/|$))/, '/v1');
  // Google's SDKs bring the version themselves, whatever the base URL ends in.
  path = path.replace(/^\/v1(?:beta1?)?(?=\/v1(?:beta1?)?\/(?:models|publishers|projects)(?:\/|$))/, '');
  // A base URL that ends in a version, before a path that brings its own (Cohere's) or has none (Ollama's).
  path = path.replace(/^\/v[12](?=\/(?:v2|api)\/)/, '');
  if (bareRoutes.has(path) || /^\/(?:models|responses)\/./.test(path)) return `/v1${path}`;
  return path;
}

const bareRoutes = new Set([
  '/chat/completions',
  '/completions',
  '/embeddings',
  '/models',
  '/messages',
  '/messages/count_tokens',
  '/responses',
  '/moderations',
  '/images/generations',
  '/images/edits',
  '/audio/speech',
  '/audio/transcriptions',
  '/audio/translations',
]);

/** The grammar a path's callers understand, for failures before a route is found. */
export function grammarOf(path: string): ErrorGrammar {
  const canonical = canonicalPath(path);
  if (canonical.startsWith('/api/') || canonical.startsWith('/admin/')) return apiGrammar;
  if (canonical.startsWith('/v1/messages')) return anthropicGrammar;
  if (canonical.startsWith('/v1/responses')) return responsesGrammar;
  if (isGeminiPath(canonical)) return geminiGrammar;
  if (canonical.startsWith('/v2/')) return cohereGrammar;
  return openaiGrammar;
}

function compilePattern(path: string): { expression: RegExp; names: string[] } {
  const names: string[] = [];
  const source = path.replace(/\{([a-z_]+)(\+?)\}/g, (_whole, name: string, many: string) => {
    names.push(name);
    return many === '+' ? '(.+)' : '([^/]+)';
  });
  return { expression: new RegExp(`^${source}$`), names };
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
