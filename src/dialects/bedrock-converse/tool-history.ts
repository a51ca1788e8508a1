// Tool calls and results told as text, for requests that have no tools: the grammar refuses tool blocks without `toolConfig`.
import type { Message, Part } from '../../canonical/chat.ts';
import type { WarningList } from '../anthropic-messages/warning-list.ts';

export function holdsToolParts(messages: readonly Message[]): boolean {
  return messages.some(({ parts }) => parts.some((part) => part.type === 'tool-call' || part.type === 'tool-result'));
}

export function tellToolsAsText(messages: readonly Message[], warnings: WarningList): readonly Message[] {
  warnings.changed('messages', 'tool calls in the history were sent as text, because the request has no tools');
  return messages.map((message) => ({
    ...message,
    role: message.role === 'tool' ? 'user' : message.role,
    parts: message.parts.flatMap(tellPart),
  }));
}

function tellPart(part: Part): readonly Part[] {
  switch (part.type) {
    case 'tool-call':
      return [{ type: 'text', text: `[called the tool ${part.name} with ${part.arguments === '' ? '{}' : part.arguments}]` }];
    case 'tool-result':
      return [
        { type: 'text', text: part.isError === true ? '[the tool failed:]' : '[the tool answered:]' },
        ...part.parts.flatMap(tellPart),
      ];
    default:
      return [part];
  }
}
