// The parts that follow from a catalog and its connections, for the server and for a program alike.
import { createPlanner } from '../brain/planner.ts';
import type { Clock } from '../core/clock.ts';
import { taskDialectOf } from '../dialects/tasks/index.ts';
import { upstreamDialectOf } from '../dialects/upstream-dialects.ts';
import { createDiscovery } from '../routing/discovery.ts';
import type { GatewayParts } from './parts.ts';
import { PlanMemo } from './plan-memo.ts';

type Given = Pick<GatewayParts, 'catalog' | 'connections' | 'clock' | 'random'>;
type Following = 'planner' | 'planMemo' | 'discovery' | 'upstreams' | 'dialectOf' | 'taskDialectOf' | 'today';

/** A plan is remembered as long as these parts are: another catalog or another connection makes others of it. */
export function connectedParts({ catalog, connections, clock, random }: Given): Given & Pick<GatewayParts, Following> {
  return {
    catalog,
    planner: createPlanner(),
    planMemo: new PlanMemo(),
    discovery: createDiscovery(connections, clock),
    connections,
    upstreams: connections.byId,
    dialectOf: upstreamDialectOf,
    taskDialectOf,
    clock,
    random,
    today: createToday(clock),
  };
}

/** The text is made once a day, not once a call. */
function createToday(clock: Clock): () => string {
  let day = -1;
  let text = '';
  return () => {
    const now = Math.floor(clock.wallMs() / 86_400_000);
    if (now !== day) {
      day = now;
      text = new Date(now * 86_400_000).toISOString().slice(0, 10);
    }
    return text;
  };
}
