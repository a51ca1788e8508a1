// A tool loop: the model asks, the program answers, until the model is done. The arguments have the type of their schema.
import { type ChatMessage, LLMRouter } from 'mpc-api';
import { z } from 'zod';

const router = new LLMRouter({ providers: ['demo'] });
const tools = [{ name: 'weather', description: 'The weather in a city', parameters: z.object({ city: z.string() }) }] as const;
const messages: ChatMessage[] = [{ role: 'user', content: 'What is the weather in Bonn?' }];

for (let turn = 0; turn < 5; turn += 1) {
  const { text, toolCalls, message } = await router.generate({ model: 'demo-fast', messages, tools });
  messages.push(message);
  if (toolCalls.length === 0) {
    console.log(text);
    break;
  }
  for (const call of toolCalls) {
    // What does not fit the schema goes back to the model, which then corrects itself.
    const content = call.problem ?? `rain, 9 degrees in ${call.arguments.city}`;
    console.log(`${call.name}: ${content}`);
    messages.push({ role: 'tool', toolCallId: call.id, content, isError: call.problem !== undefined });
  }
}
