// node:http, fetched instead of imported: an import reads every member for its name, among them Node's own fetch and WebSocket,
// which then load: 13 MB and 25 ms at every start, for nothing that is used here.
export const { createServer, IncomingMessage, STATUS_CODES } = process.getBuiltinModule('node:http');
