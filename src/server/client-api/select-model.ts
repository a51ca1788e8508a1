// The Brain without a model call: `/api/select-model`, and the plan of `/api/orchestrate`.
import type { Catalog } from '../../catalog/catalog.ts';
import { GatewayError } from '../../core/errors.ts';
import { asObject, asString, type JsonObject, parseJson } from '../../core/json.ts';
import { scanObject } from '../../core/json-outline.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Call } from '../call.ts';
import { type BodyLimits, readBody } from '../read-body.ts';
import { readConstraints } from './constraints.ts';

export interface BrainRouteOptions {
  readonly gateway: Gateway;
  readonly catalog: () => Catalog;
  readonly limits: BodyLimits & { readonly jsonDepth: number };
}

async function readObject(call: Call, options: BrainRouteOptions): Promise<JsonObject> {
  const bytes = await readBody(call.request, options.limits);
  const scanned = scanObject(bytes, { maxDepth: options.limits.jsonDepth });
  return asObject(parseJson(bytes.toString('utf8', scanned.start, scanned.end))) ?? {};
}

export function selectModelHandler(options: BrainRouteOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const body = await readObject(call, options);
    const constraints = readConstraints(body);
    const model = asString(body['model']);
    if (constraints.task === undefined && constraints.domain === undefined && constraints.modality === undefined && model === undefined) {
      throw new GatewayError(
        'invalid_request',
        'task_type is missing; say what the model is for: {"task_type": "chat", "domain": "general"}',
        { param: 'task_type' },
      );
    }
    const { modality, needs, contextTokens, ...rest } = constraints;
    const { decision, described, candidates } = await options.gateway.selectModel(
      {
        ...(model !== undefined && { name: model }),
        fallbacks: [],
        needs: needs ?? [],
        contextTokens: contextTokens ?? 0,
        ...(modality !== undefined && { modality }),
        constraints: rest,
        hasConstraints: true,
        promptText: () => '',
      },
      call.principal,
    );
    const headers = ['x-mpc-decision-id', decision.id];
    if (decision.chosen === undefined) {
      const { constraint = 'none', relaxation = '' } = decision.deadEnd ?? {};
      call.json(
        404,
        {
          error: 'no_matching_model',
          message: `no model meets all constraints: "${constraint}" removed the last candidates; ${relaxation}`,
          code: 'no_matching_model',
          constraint,
          relaxation,
          request_id: call.id,
          decision: described,
        },
        headers,
      );
      return;
    }
    call.json(200, { selected_model: candidates[0], candidates, decision: described }, headers);
  };
}

export function orchestrateHandler(options: BrainRouteOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const body = await readObject(call, options);
    const jobType = asString(body['job_type']);
    if (jobType === undefined || jobType === '') {
      throw new GatewayError(
        'invalid_request',
        `job_type must be a string; known types: ${[...options.catalog().jobs.keys()].join(', ')}`,
        { param: 'job_type' },
      );
    }
    if (body['execute'] === true) {
      throw new GatewayError('unsupported_operation', 'this version plans jobs but does not run them; leave "execute" out to get the plan');
    }
    const planned = options.gateway.planJob(jobType);
    call.json(planned.kind === 'unknown' ? 400 : 200, planned.body);
  };
}
