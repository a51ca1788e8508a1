// `mpc models`: what the running gateway offers to this key.
import type { Command } from 'commander';
import { asArray, asObject, asString, type JsonObject } from '../core/json.ts';
import { addGatewayOptions, connectGateway } from './connect-gateway.ts';
import { formatTable, printJson, printLine, printNote } from './terminal.ts';

export function defineModels(program: Command): void {
  const command = addGatewayOptions(program.command('models'))
    .description('list the models, aliases included, that the running gateway offers')
    .argument('[text]', 'only names that contain this text')
    .option('--json', 'one JSON object per line')
    .action((text: string | undefined, options: { json?: true }) => listModels(command, { text, ...options }));
}

async function listModels(
  command: Command,
  { text = '', json }: { readonly text: string | undefined; readonly json?: true },
): Promise<void> {
  const gateway = await connectGateway(command);
  const list = asArray(asObject(await gateway.get('/api/models'))?.['data']) ?? [];
  const models = list
    .map((item) => asObject(item))
    .filter((item): item is JsonObject => item !== undefined && idOf(item).toLowerCase().includes(text.toLowerCase()));
  if (json === true) {
    models.forEach(printJson);
    return;
  }
  for (const line of formatTable(
    ['MODEL', 'OWNER'],
    models.map((model) => [idOf(model), asString(model['owned_by']) ?? '']),
  )) {
    printLine(line);
  }
  printNote(`${models.length} models`);
}

function idOf(model: JsonObject): string {
  return asString(model['id']) ?? '';
}
