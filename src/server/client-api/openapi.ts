// The API description, generated from the route table, and a page to browse it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import type { Call } from '../call.ts';
import type { Route } from '../router.ts';
import { operations } from './operations.ts';

export interface ApiPageOptions {
  readonly routes: () => readonly Route[];
  readonly version: string;
  /** Folder with the assets of the page; absent in a checkout that was not built. */
  readonly assetsDir: string;
}

/** Every route of the table is in the description: a path that is not described is described as undocumented, not left out. */
function describeApi(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operation = operations[`${route.method} ${route.path}`];
    if (operation === undefined) continue;
    const path = route.path.replaceAll('+}', '}');
    const parameters = [...path.matchAll(/\{([a-z_]+)\}/g)].map((match) => ({
      name: match[1],
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }));
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: {
        ...operation,
        ...(parameters.length > 0 && { parameters }),
        ...(route.access === 'public' && { security: [] }),
        responses: operation['responses'] ?? {
          200: { description: 'OK' },
          default: { description: 'An error in the grammar of the route family; see docs/errors.md' },
        },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'MPC-API',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'One gateway in front of every model provider. Name a model, an alias, or only a task.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A virtual key (`mpc keys create`). Not needed on loopback while no key exists.',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
    paths,
  };
}

export function openapiHandler(options: ApiPageOptions): (call: Call) => void {
  return (call) => call.json(200, describeApi(options.routes(), options.version));
}

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>MPC-API</title><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="/docs/favicon-32x32.png"></head>
<body><div id="api"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
`;
const startScript = "SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });\n";
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
const assetTypes: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'favicon-32x32.png': 'image/png',
};

export function docsPageHandler(): (call: Call) => void {
  return (call) =>
    call.bytes(200, page, [
      'content-type',
      'text/html; charset=utf-8',
      'content-security-policy',
      policy,
      'x-content-type-options',
      'nosniff',
    ]);
}

export function docsAssetHandler(options: ApiPageOptions): (call: Call) => void {
  return (call) => {
    const name = call.params['asset'] ?? '';
    if (name === 'start.js') {
      call.bytes(200, startScript, ['content-type', 'text/javascript']);
      return;
    }
    const type = assetTypes[name];
    if (type === undefined) throw new GatewayError('not_found', `there is no page asset ${name.slice(0, 80)}`);
    try {
      call.bytes(200, readFileSync(join(options.assetsDir, name)), ['content-type', type, 'cache-control', 'max-age=3600']);
    } catch (cause) {
      throw new GatewayError('not_found', 'the assets of this page are not built; run `npm run build`', { cause });
    }
  };
}
