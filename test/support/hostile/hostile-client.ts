import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import type { Certificates } from "../certificates.ts";
import type { DirectedBytes } from "../mutate-pieces.ts";
import { countsRecords } from "../peer-bytes.ts";
import type { Random } from "../random.ts";

/** The ways in which a connection ends. */
export const ENDS = ["FIN", "RST", "RST of the service", "mid-message", "during dial", "half close"] as const;
export type End = (typeof ENDS)[number];

/** A service that takes connections for whoever asks for the next one; it ends what nobody asked for. */
export class HostileService {
  readonly #server: Server;
  #take: ((ends: Ends) => void) | undefined;
  /** How many connections have come. */
  accepted = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(certificates: Certificates | undefined): Promise<HostileService> {
    const pair = certificates?.server;
    const context =
      pair === undefined
        ? undefined
        : createSecureContext({ cert: readFileSync(pair.certificate), key: readFileSync(pair.key) });
    const server = createServer({ allowHalfOpen: true });
    const service = new HostileService(server);
    server.on("connection", (raw: Socket) => {
      service.accepted++;
      raw.on("error", () => {});
      if (context === undefined) return service.#accept({ socket: raw, raw });
      const options = { isServer: true, secureContext: context, allowHalfOpen: true };
      const socket = new TLSSocket(standBefore(raw) as Socket, options);
      socket.on("error", () => socket.destroy());
      service.#accept({ socket, raw });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  next(): Promise<Ends> {
    return new Promise((resolve) => {
      this.#take = resolve;
    });
  }

  stop(): void {
    this.#server.close();
  }

  #accept(ends: Ends): void {
    const take = this.#take;
    this.#take = undefined;
    if (take === undefined) ends.socket.on("end", () => ends.socket.end()).resume();
    else take(ends);
  }
}

/** A connection as it is spoken on, and what it goes over. */
interface Ends {
  readonly socket: Socket;
  readonly raw: Socket;
}

/** Plays a conversation through a proxy up to that end; resolves when both sides have closed. */
export async function playHostile(
  port: number,
  service: HostileService,
  { isTls, isHttp }: { readonly isTls: boolean; readonly isHttp: boolean },
  pieces: readonly DirectedBytes[],
  end: End,
  random: Random,
): Promise<void> {
  const raw = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  raw.on("error", () => {});
  const accepted = service.next();
  // One that comes when nobody waits for it any more ends as the other side does.
  let isOver = false;
  void accepted.then(({ socket }) => {
    if (isOver) socket.on("end", () => socket.end()).resume();
  });
  if (end === "during dial")
    return leaveEarly(raw, isTls, accepted, random).finally(() => {
      isOver = true;
    });
  await connected(raw);
  const socket = isTls
    ? connectTls({ socket: standBefore(raw), rejectUnauthorized: false, allowHalfOpen: true } as object).on(
        "error",
        () => {},
      )
    : raw;
  const client: Ends = { socket, raw };
  const closed = closing(socket);
  // Most wait for the handshake.
  if (isTls && !random.chance(8)) await Promise.race([new Promise((go) => socket.once("secureConnect", go)), closed]);
  const served = accepted;
  let far: Ends | undefined;
  const sent = end === "mid-message" ? cutShort(pieces, random) : pieces;
  for (const { direction, bytes } of sent) {
    if (direction === "read") socket.write(bytes);
    else {
      far ??= await Promise.race([served, closed.then(() => undefined)]);
      if (far === undefined) break;
      far.socket.resume().write(bytes);
    }
    if (random.chance(2)) await new Promise(setImmediate);
  }
  far ??= await Promise.race([served, closed.then(() => undefined)]);
  socket.resume();
  far?.socket.resume();
  // At once it discards what was under way.
  if (!random.chance(4)) await new Promise((go) => setTimeout(go, 2));
  await finish(client, far, end);
  // Over HTTP the endpoint's end leaves a client of which no byte has passed: it would be answered when it asks.
  if (isHttp && end === "RST of the service") {
    await Promise.race([closed, new Promise((go) => setTimeout(go, 100))]);
    socket.end();
  }
  isOver = far === undefined;
  const left = [closed, ...(far === undefined ? [] : [closing(far.socket)])];
  const describe = (): string =>
    `${end}: client ${describeSocket(client)}, service ${far === undefined ? "not reached" : describeSocket(far)}`;
  await Promise.race([Promise.all(left), timeout(describe)]);
}

function describeSocket({ socket, raw }: Ends): string {
  const { closed, readableEnded, writableEnded } = socket;
  return JSON.stringify({ closed, readableEnded, writableEnded, raw: raw.closed });
}

/** It closes, resets, or goes silent and then closes, before the proxy has dialled, or while it does. */
async function leaveEarly(raw: Socket, isTls: boolean, accepted: Promise<Ends>, random: Random): Promise<void> {
  await connected(raw);
  if (isTls && random.chance(2)) raw.write(Buffer.from("\x16\x03\x01\x02\0\x01", "latin1"));
  else if (!isTls && random.chance(2)) raw.write("GET / HT");
  if (random.chance(2)) await new Promise(setImmediate);
  const closed = closing(raw);
  raw.resume();
  if (random.chance(3)) raw.resetAndDestroy();
  else if (random.chance(2)) raw.destroy();
  else raw.end();
  const far = await Promise.race([accepted, closed.then(() => undefined), timeout(() => "during dial")]);
  far?.socket.on("end", () => far.socket.end()).resume();
  await Promise.race([
    Promise.all([closed, ...(far === undefined ? [] : [closing(far.socket)])]),
    timeout(() => "during dial"),
  ]);
}

async function finish(client: Ends, far: Ends | undefined, end: End): Promise<void> {
  // Its end may have come already.
  const answerEnd = ({ socket }: Ends): void =>
    void (socket.readableEnded ? socket.end() : socket.on("end", () => socket.end()));
  switch (end) {
    case "RST":
      if (far !== undefined) answerEnd(far);
      client.raw.resetAndDestroy();
      client.socket.destroy();
      return;
    case "RST of the service":
      answerEnd(client);
      if (far === undefined) client.socket.end();
      far?.raw.resetAndDestroy();
      far?.socket.destroy();
      return;
    case "half close":
      answerEnd(client);
      client.socket.end();
      if (far === undefined) return;
      if (!far.socket.readableEnded && !far.socket.closed)
        await new Promise((resolve) => far.socket.once("end", resolve).once("close", resolve));
      far.socket.end("and once more, after the end");
      return;
    default:
      answerEnd(client);
      if (far !== undefined) answerEnd(far);
      client.socket.end();
  }
}

/** Up to somewhere in the middle of a piece. */
function cutShort(pieces: readonly DirectedBytes[], random: Random): DirectedBytes[] {
  const last = random.below(pieces.length);
  return pieces.slice(0, last + 1).map(({ direction, bytes }, index) => ({
    direction,
    bytes: index === last ? bytes.slice(0, 1 + random.below(Math.max(1, bytes.length - 1))) : bytes,
  }));
}

/** TLS goes over this, so that the socket below can be reset: a handle that TLS has taken over cannot. */
function standBefore(raw: Socket): Duplex {
  countsRecords(raw);
  const before = new Duplex({
    allowHalfOpen: true,
    read: () => void raw.resume(),
    write: (bytes, _encoding, done) => void raw.write(bytes, () => done()),
    final: (done) => void raw.end(() => done()),
    destroy: (error, done) => {
      raw.destroy();
      done(error);
    },
  });
  raw.on("data", (bytes) => void before.push(bytes));
  raw.on("end", () => {
    before.push(null);
    // TLS over a stream may forget its own end; the last bytes go out before.
    setTimeout(() => raw.end(), 50);
  });
  raw.on("close", () => before.destroy());
  return before.on("error", () => {});
}

function connected(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
}

function closing(socket: Socket): Promise<unknown> {
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once("close", resolve));
}

const PATIENCE_MILLIS = Number(process.env["TAPLINE_HOSTILE_PATIENCE"] ?? 0) || 60_000;

/** No end is waited for longer: whatever a connection was, both of its sides are told. */
function timeout(describe: () => string): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`a side was not told within a minute: ${describe()}`)), PATIENCE_MILLIS).unref();
  });
}
