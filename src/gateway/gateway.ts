// The gateway as the server sees it: requests in, replies out, no HTTP.
import type { Decision } from '../brain/decision.ts';
import { type DescribedDecision, describeDecision, describeRanked } from '../brain/describe-decision.ts';
import { type PlannedJob, planJob } from '../brain/plan-job.ts';
import type { DescribedOffer } from '../catalog/describe-offer.ts';
import type { ChatRequestCall, ModelWish, Principal, Reply, TaskRequestCall } from './call.ts';
import { serveChat } from './chat.ts';
import { decideFor } from './choose-models.ts';
import type { GatewayParts } from './parts.ts';
import { type PlainRequestCall, servePlain } from './plain.ts';
import { serveTask } from './task.ts';

export interface Gateway {
  chat(call: ChatRequestCall): Promise<Reply>;
  plain(call: PlainRequestCall): Promise<Reply>;
  /** Embeddings, rerank, moderation, images, audio. */
  task(call: TaskRequestCall): Promise<Reply>;
  /** The Brain's choice, without calling a model. */
  selectModel(wish: ModelWish, principal: Principal): Promise<Selection>;
  planJob(jobType: string): PlannedJob;
}

export interface Selection {
  readonly decision: Decision;
  readonly described: DescribedDecision;
  /** Best first. */
  readonly candidates: readonly DescribedOffer[];
}

/** `current` answers the parts in force: a reload swaps them between two requests, and a running one keeps its own. */
export function createGateway(current: () => GatewayParts): Gateway {
  return {
    chat: (call) => serveChat(call, current()),
    plain: (call) => servePlain(call, current()),
    task: (call) => serveTask(call, current()),
    async selectModel(wish, principal) {
      const parts = current();
      const decision = await decideFor(wish, principal, parts);
      for (const observer of parts.observers) observer.decisionMade?.(decision);
      return { decision, described: describeDecision(decision), candidates: describeRanked(decision) };
    },
    planJob: (jobType) => planJob(jobType, current().catalog),
  };
}
