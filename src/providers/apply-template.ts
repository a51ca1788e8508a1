// A provider's definition with what a connection's template adds: its endpoints, each with a grammar of its own.
import { templateChat } from '../dialects/http-template/chat.ts';
import { templateEmbed, templateImage } from '../dialects/http-template/tasks.ts';
import type { HttpTemplate } from '../dialects/http-template/template.ts';
import type { ProviderDefinition } from './provider.ts';

export function applyTemplate(definition: ProviderDefinition, template: HttpTemplate): ProviderDefinition {
  const { chat, embed, image } = template;
  return {
    ...definition,
    chat: chat === undefined ? definition.chat : [{ dialect: 'http-template', path: chat.path, codec: templateChat(chat) }],
    tasks: {
      ...definition.tasks,
      ...(embed !== undefined && { embed: [{ dialect: 'http-template', path: embed.path, codec: templateEmbed(embed) }] }),
      ...(image !== undefined && { image: [{ dialect: 'http-template', path: image.path, codec: templateImage(image) }] }),
    },
  };
}
