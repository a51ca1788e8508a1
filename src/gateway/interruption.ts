// The server makes one per request, so it comes through the gateway's border.
export { Interruption } from '../routing/interruption.ts';
