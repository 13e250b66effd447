import { subscribe } from "node:diagnostics_channel";
import { type Server as NetServer, Socket } from "node:net";
import { TLSSocket, Server as TlsServer } from "node:tls";

/** The bytes of one end of a connection that this process has, as its own socket counts them; of TLS, the plaintext. */
export interface PeerEnd {
  /** The port that was dialled or accepted on, or the path of a Unix socket. */
  readonly place: Place;
  readonly sent: number;
  readonly received: number;
  /** Both directions ended in good order, and everything was read and written. */
  readonly isWhole: boolean;
  /** Its connection has TLS. */
  readonly isSecure: boolean;
}

export type Place = number | string;

interface Tracked {
  readonly socket: Socket;
  readonly place: () => Place | undefined;
}

const belowTls = new WeakSet<Socket>();

/** Says that a test does TLS on a socket by itself: it counts records, which are more than what was said. */
export function countsRecords(socket: Socket): void {
  belowTls.add(socket);
}

const dialled: Tracked[] = [];
const accepted: Tracked[] = [];
const tlsServers = new WeakSet<TlsServer>();

/** How many sockets have dialled so far: a mark in time, as places are used again. */
export function countDialled(): number {
  return dialled.length;
}

/** A proxy that listened from one mark to the other. */
export interface Listening {
  readonly places: ReadonlySet<Place>;
  readonly since: number;
  readonly until: number;
}

/** Sockets that dialled what was listening then: its clients. */
export function listDialled(listening: readonly Listening[]): PeerEnd[] {
  const clients = dialled.filter(({ socket, place: placeOf }, index) => {
    const place = placeOf();
    const isAt = (one: Listening) => place !== undefined && one.places.has(place);
    return !isBelowCounting(socket) && listening.some((one) => one.since <= index && index < one.until && isAt(one));
  });
  return describe(clients);
}

/** Sockets that were accepted since then, but for those at `places`. */
export function listAccepted(places: ReadonlySet<Place>): PeerEnd[] {
  return describe(accepted).filter(({ place }) => !places.has(place));
}

function describe(sockets: readonly Tracked[]): PeerEnd[] {
  return sockets.flatMap(({ socket, place: placeOf }) => {
    const place = placeOf();
    if (place === undefined) return [];
    const isOwn = !belowTls.has(socket);
    const isWhole = isOwn && socket.readableEnded && socket.writableFinished && socket.errored === null;
    const isSecure = socket instanceof TLSSocket;
    return [{ place, sent: socket.bytesWritten, received: socket.bytesRead, isWhole, isSecure }];
  });
}

/** Connections that a proxy of this process dialled. */
const forwarding = new WeakSet<Socket>();

/**
 * Whether a proxy of this process dialled one of `places`, where another had listened before: a service's now. It writes below the
 * socket, which counts nothing; one that dials another proxy on purpose does TLS.
 */
export function isForwardedTo(places: ReadonlySet<Place>): boolean {
  return dialled.some(({ socket, place: placeOf }) => {
    const place = placeOf();
    return place !== undefined && places.has(place) && isBelowCounting(socket);
  });
}

function isBelowCounting(socket: Socket): boolean {
  return forwarding.has(socket) && socket.bytesWritten === 0;
}

const { connect } = Socket.prototype;
Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  let place: Place | undefined;
  const [first] = args;
  const { path } = ((Array.isArray(first) ? first[0] : first) ?? {}) as { path?: string };
  this.once("connect", () => {
    place = this.remotePort ?? path;
  });
  if (/[/]src[/]source[/]proxy[/]/.test(new Error().stack ?? "")) forwarding.add(this);
  dialled.push({ socket: this, place: () => place });
  return (connect as (...args: unknown[]) => Socket).apply(this, args);
} as typeof connect;

subscribe("net.server.socket", (message) => {
  const { socket } = message as { socket: Socket & { server?: NetServer } };
  const { localPort, server } = socket;
  const address = server?.address();
  const place = typeof address === "string" ? address : localPort;
  if (!(server instanceof TlsServer)) accepted.push({ socket, place: () => place });
  else if (!tlsServers.has(server)) {
    tlsServers.add(server);
    server.prependListener("secureConnection", (secured: Socket) => {
      accepted.push({ socket: secured, place: () => place });
    });
  }
});
