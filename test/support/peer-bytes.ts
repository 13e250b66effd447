import { subscribe } from "node:diagnostics_channel";
import { Server as NetServer, Socket } from "node:net";
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

interface Dialled extends Tracked {
  /** When it dialled. */
  readonly mark: number;
}

const belowTls = new WeakSet<Socket>();

/** Says that a test does TLS on a socket by itself: it counts records, which are more than what was said. */
export function countsRecords(socket: Socket): void {
  belowTls.add(socket);
}

const dialled: Dialled[] = [];
const accepted: Tracked[] = [];
const tlsServers = new WeakSet<TlsServer>();

let marks = 0;

/** A mark in time, later than all sockets that have dialled so far: places are used again. */
export function takeMark(): number {
  return marks++;
}

/** Where a proxy listened, and between which marks. */
export interface Listening {
  readonly places: ReadonlySet<Place>;
  readonly since: number;
  readonly until: number;
}

/** Sockets that dialled what was listening then: its clients. */
export function listDialled(listening: readonly Listening[]): PeerEnd[] {
  return describe(dialled.filter((one) => !isBelowCounting(one.socket) && isAt(one, listening)));
}

/** Sockets that were accepted, but for those of proxies and of what `leaveOutServer` was told. */
export function listAccepted(): PeerEnd[] {
  return describe(accepted);
}

/** Servers whose sockets do not count: told apart by themselves, as another may get a port that one of them had. */
const leftOut = new WeakSet<NetServer>();

/** Leaves a server out that a proxy talks to by itself, such as a backend of its reports: nothing is forwarded to it. */
export function leaveOutServer(server: NetServer): void {
  leftOut.add(server);
}

function isAt({ mark, place: placeOf }: Dialled, listening: readonly Listening[]): boolean {
  const place = placeOf();
  return (
    place !== undefined &&
    listening.some(({ places, since, until }) => places.has(place) && since < mark && mark < until)
  );
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

/** Whether a proxy of this process dialled what was listening: it writes below the socket, which counts nothing. */
export function isForwardedTo(listening: readonly Listening[]): boolean {
  return dialled.some((one) => isBelowCounting(one.socket) && isAt(one, listening));
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
  if (isCalledByProxy()) forwarding.add(this);
  dialled.push({ socket: this, mark: takeMark(), place: () => place });
  return (connect as (...args: unknown[]) => Socket).apply(this, args);
} as typeof connect;

const { listen } = NetServer.prototype;
NetServer.prototype.listen = function (this: NetServer, ...args: unknown[]) {
  if (isCalledByProxy()) leaveOutServer(this);
  return (listen as (...args: unknown[]) => NetServer).apply(this, args);
} as typeof listen;

/** Whether a proxy, or its admin listener, calls. */
function isCalledByProxy(): boolean {
  return /[/]src[/](?:source[/]proxy|sink[/]admin)[/]/.test(new Error().stack ?? "");
}

subscribe("net.server.socket", (message) => {
  const { socket } = message as { socket: Socket & { server?: NetServer } };
  const { localPort, server } = socket;
  if (server !== undefined && leftOut.has(server)) return;
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
