// What a router can call, and whether one of them answers.
import { describeOffer } from '../catalog/describe-offer.ts';
import { decideFor } from '../gateway/choose-models.ts';
import { GatewayError } from '../core/errors.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import { listModels } from '../routing/list-models.ts';
import type { LoadedModel, ModelInfo } from './result.ts';

export async function describeModels(parts: GatewayParts): Promise<readonly ModelInfo[]> {
  await parts.discovery.refresh();
  const { views } = parts.connections;
  const known = parts.catalog.offers.flatMap((offer): ModelInfo[] => {
    const connections = views.filter((view) => view.provider === offer.provider || view.wireIdFor(offer) !== undefined);
    if (connections.length === 0) return [];
    const { price, limits } = describeOffer(offer);
    return [
      {
        id: offer.canonicalId,
        providerModel: offer.providerId,
        provider: offer.provider,
        connections: connections.map((view) => view.id),
        aliases: offer.aliases,
        modality: offer.modality,
        qualityTier: offer.qualityTier,
        speedTier: offer.speedTier,
        supports: { ...offer.supports },
        ...(price?.input !== undefined && { inputUsdPerMillion: price.input }),
        ...(price?.output !== undefined && { outputUsdPerMillion: price.output }),
        ...(limits.context_tokens !== undefined && { contextTokens: limits.context_tokens }),
        ...(limits.max_output_tokens !== undefined && { maxOutputTokens: limits.max_output_tokens }),
      },
    ];
  });
  const beyond = views.flatMap((view) =>
    (view.models ?? [])
      .filter((id) => parts.catalog.find(`${view.provider}/${id}`).kind === 'none')
      .map((id): ModelInfo => {
        const name = `${view.id}/${id}`;
        return {
          id: name,
          providerModel: `${view.provider}/${id}`,
          provider: view.provider,
          connections: [view.id],
          aliases: [],
          modality: ['text'],
          supports: {},
        };
      }),
  );
  return [...known, ...beyond];
}

/** Rejects with `unknown_model`, `model_not_configured`, or why its provider cannot be reached. */
export async function loadModel(name: string, parts: GatewayParts): Promise<LoadedModel> {
  const wish = { name, fallbacks: [], needs: [], contextTokens: 0, constraints: {}, hasConstraints: false, promptText: () => '' };
  const { chosen, deadEnd } = await decideFor(wish, { id: 'program' }, parts);
  if (chosen === undefined) {
    throw new GatewayError(
      'model_not_configured',
      `no configured connection offers "${name}"; ${deadEnd?.relaxation ?? 'configure a provider'}`,
      {
        param: 'model',
      },
    );
  }
  const { offer, connection, wireId } = chosen;
  const upstream = parts.upstreams.get(connection.id);
  const ids = upstream === undefined ? undefined : await listModels(upstream, parts.clock);
  return {
    model: offer.canonicalId,
    providerModel: offer.providerId,
    provider: offer.provider,
    connection: connection.id,
    listed: ids?.includes(wireId),
  };
}
