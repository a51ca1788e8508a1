// The client of the running gateway for commands that need one: chat, models, select.
import type { Command } from 'commander';
import { readEnvironment } from '../config/environment.ts';
import type { GatewayClient } from '../transport/gateway-client.ts';
import { flagsOf, loadCliSettings } from './load-cli-settings.ts';
import { UsageError } from './usage-error.ts';

export function addGatewayOptions(command: Command): Command {
  return command
    .option('--url <url>', 'address of the running gateway (default: the variable MPC_URL, else host and port of the settings)')
    .option('--key <key>', 'virtual key to call it with (default: the variable MPC_KEY)');
}

export async function connectGateway(command: Command): Promise<GatewayClient> {
  const { MPC_URL, MPC_KEY } = readEnvironment();
  const { url = MPC_URL, key = MPC_KEY } = flagsOf(command);
  if (url !== undefined && !/^https?:\/\/[^/]/.test(url)) throw new UsageError(`"${url}" is no address such as http://localhost:3000`);
  const { createGatewayClient } = await import('../transport/gateway-client.ts');
  return createGatewayClient({ url: url ?? (await defaultUrl(command)), ...(key !== undefined && { key }) });
}

async function defaultUrl(command: Command): Promise<string> {
  const { host, port } = (await loadCliSettings(command)).settings.server;
  // A server that listens everywhere also listens on loopback, which is where we are.
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
