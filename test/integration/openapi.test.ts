import { beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, start } from './client.ts';

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly responses: object;
  readonly requestBody?: { readonly content: { readonly 'application/json'?: { readonly example?: unknown; readonly schema: object } } };
}

/** A path with a model that can do what it is for. */
function fill(path: string): string {
  const model = /embed/i.test(path) ? 'demo-embed' : 'demo-fast';
  return path
    .replace('{deployment}', 'demo-fast')
    .replace('{publisher}', 'demo')
    .replace(/\{model\+?\}/, model)
    .replace(/\{[a-z]+\}/g, 'x');
}

let gateway: RunningGateway;
let description: Description;
let operations: readonly { readonly method: string; readonly path: string; readonly operation: Operation }[];
beforeAll(async () => {
  gateway = await start({ env: { MPC_ADMIN_KEY: 'admin-secret-of-this-test' } });
  description = (await ask(gateway, '/openapi.json')).json<Description>();
  operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
});

describe('the description', () => {
  it('is OpenAPI 3.1 and describes every operation of the API', () => {
    expect(description.openapi).toBe('3.1.0');
    const described = operations.map(({ method, path }) => `${method} ${path}`);
    expect(described).toEqual(
      expect.arrayContaining([
        'GET /health',
        'GET /health/live',
        'GET /health/ready',
        'GET /api/models',
        'GET /api/hello',
        'POST /api/chat/completions',
        'POST /api/select-model',
        'POST /api/orchestrate',
        'GET /api/decisions/{id}',
        'POST /v1/chat/completions',
        'POST /v1/completions',
        'POST /v1/embeddings',
        'GET /v1/models',
        'GET /v1/models/{id}',
        'POST /v1/messages',
        'POST /v1/messages/count_tokens',
        'POST /openai/deployments/{deployment}/chat/completions',
        'GET /metrics',
        'POST /admin/keys',
        'GET /admin/keys',
        'DELETE /admin/keys/{id}',
      ]),
    );
  });

  it('describes nothing that is not there', async () => {
    for (const { method, path } of operations) {
      const answer = await ask(gateway, path.replaceAll(/\{[a-z]+\}/g, 'x'), {
        method,
        headers: { authorization: 'Bearer admin-secret-of-this-test' },
        ...(method === 'POST' && { body: {} }),
      });
      expect([method, path, answer.status === 405 || answer.text.includes('no endpoint')]).toEqual([method, path, false]);
    }
  });

  it('has a summary, a tag and answers for each operation', () => {
    for (const { operation, path } of operations) {
      expect(operation.summary, path).not.toBe('');
      expect(operation.tags, path).toHaveLength(1);
      expect(Object.keys(operation.responses), path).not.toEqual([]);
    }
  });

  it('has examples that work as they stand', async () => {
    const tried: string[] = [];
    for (const { method, path, operation } of operations) {
      const example = operation.requestBody?.content['application/json']?.example;
      if (example === undefined || path.startsWith('/admin')) continue;
      const answer = await ask(gateway, fill(path), { method, body: example });
      expect(answer.status, `${path}: ${answer.text}`).toBe(200);
      tried.push(path);
    }
    expect(tried.length).toBeGreaterThan(5);
  });
});

describe('the page', () => {
  it('loads nothing from elsewhere', async () => {
    const page = await ask(gateway, '/docs');

    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('finds each of its assets, once the page is built', async (test) => {
    const page = await ask(gateway, '/docs');
    const assets = [...page.text.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(assets.length).toBeGreaterThan(2);

    for (const asset of assets) {
      const answer = await ask(gateway, asset);
      if (answer.status === 404 && answer.text.includes('npm run build')) test.skip('the page is not built in this checkout');
      expect(answer.status, asset).toBe(200);
      expect(answer.text.length, asset).toBeGreaterThan(10);
    }
  });

  it.each(['/docs/../package.json', '/docs/%2e%2e%2fcatalog.json', '/docs/catalog.json', '/docs/nothing.js'])(
    'serves nothing else: %s',
    async (path) => {
      const answer = await ask(gateway, path);

      expect(answer.status).toBe(404);
    },
  );

  it('is where a browser lands', async () => {
    expect((await ask(gateway, '/')).headers.get('content-type')).toContain('text/html');
  });
});
