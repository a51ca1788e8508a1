// How connections to providers are opened, and read: into one buffer that all of them share, and from there straight to undici. A
// socket of Node takes 64 KB for each read, makes an object of it for the garbage collector and hands it on through the queue of a
// stream in the next tick: a tenth of what a chunk costs that travels alone (docs/decisions/0027-reading-upstreams.md).
import { Socket } from 'node:net';
import type { buildConnector as ConnectorTypes } from 'undici';
import { buildConnector } from './undici.ts';

/** As much as a read of Node takes at most. Free again as soon as the callback has returned. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** What has just come, while it is offered. */
const arriving = Symbol('arriving');

interface DirectSocket extends Socket {
  [arriving]: Buffer | undefined;
}

const onread = {
  buffer: readBuffer,
  callback(this: DirectSocket, length: number): boolean {
    const bytes = Buffer.allocUnsafe(length);
    readBuffer.copy(bytes, 0, 0, length);
    this[arriving] = bytes;
    this.emit('readable');
    if (this[arriving] === undefined) return true;
    // Whoever has stopped reading finds it in the stream, whose end waits for it, and which stops the socket when it is full.
    this[arriving] = undefined;
    return this.push(bytes);
  },
};

function read(this: DirectSocket, size?: number): unknown {
  const bytes = this[arriving];
  // What is in the stream is older.
  if (bytes === undefined || size !== undefined || this.readableLength > 0) return Socket.prototype.read.call(this, size);
  this[arriving] = undefined;
  return bytes;
}

/** That the callback is called on its socket is as old as the option, but documented it is not: on other versions Node reads as it does. */
const isTried = process.versions.node.startsWith('24.');

export function createConnector(options: ConnectorTypes.BuildOptions): ConnectorTypes.connector {
  if (!isTried) return buildConnector(options);
  const connect = buildConnector({ ...options, onread } as ConnectorTypes.BuildOptions);
  return (target, callback) => {
    const socket = connect(target, callback) as unknown as DirectSocket;
    socket[arriving] = undefined;
    socket.read = read;
    return socket;
  };
}
