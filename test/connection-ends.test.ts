/**
 * Every way in which a connection can end, at every moment of its life, on either side, with and without TLS: the other side
 * learns of it, and nothing of it stays with the proxy: no session, no descriptor, no byte in a book, no memory.
 */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { type Certificates, createCertificates } from "./support/certificates.ts";
import { skipUnless } from "./support/needs.ts";
import { type Harness, ip, startProxy, until, writeBootstrap } from "./support/proxy-harness.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TYPES = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3";

/** How far the connection had come. */
const STATES = [
  "nothing sent",
  "half a greeting",
  "no greeting",
  "just connected",
  "dialling",
  "idle",
  "response under way",
  "half-closed",
] as const;
/** `close with unread bytes` is what programs do that exit; `end after bytes` sends once more before it ends. */
const ENDS = ["end", "reset", "close with unread bytes", "end after bytes"] as const;

type State = (typeof STATES)[number];
/** With TLS the proxy waits for the ClientHello. */
const EARLY: readonly State[] = ["nothing sent", "half a greeting", "no greeting"];
type End = (typeof ENDS)[number];

const BIG = Buffer.alloc(1 << 20, 97);

describe("the end of a connection", { skip: skipUnless("openssl") }, () => {
  const folder = makeTemporaryFolder();
  let certificates: Certificates;
  let service: Service;
  let silent: Service;
  before(async () => {
    certificates = createCertificates(folder.path);
  });
  after(folder.remove);

  for (const transport of ["plain", "TLS"] as const)
    describe(transport, () => {
      let proxy: Harness;
      /** Its upstream accepts connections, and never answers the TLS handshake. */
      let dialling: Harness;
      before(async () => {
        service = await startService(transport === "TLS" ? certificates : undefined);
        silent = await startService(undefined);
        proxy = await startProxy(bootstrap(service.port, transport, transport));
        dialling = await startProxy(bootstrap(silent.port, transport, "TLS", "2s"));
      });
      after(() => {
        for (const { proxy: one } of [proxy, dialling]) one.stop();
        for (const { server } of [service, silent]) server.close();
      });

      for (const state of STATES)
        for (const end of ENDS)
          for (const side of ["client", "service"] as const) {
            // Before the proxy has dialled there is no connection of that side.
            const waitsForHello = transport === "TLS" && EARLY.includes(state);
            if (side === "service" && (waitsForHello || state === "just connected")) continue;
            // After a reset right away the proxy may never have dialled; without TLS nothing is read before it has.
            if (state === "just connected" && (transport === "plain" || end === "reset" || end.startsWith("close")))
              continue;
            test(`${state}: ${side} does: ${end}`, async () => {
              const through = state === "dialling" ? dialling : proxy;
              const descriptors = countDescriptors();
              const [ending, other] = await bringTo(state, side, through, transport);
              const learned = other?.then(endOf);
              await finish(ending, end);
              await learned;
              ending.destroy();
              (await other)?.destroy();
              await until(() => through.proxy.connectionCount === 0, "the session is over");
              await until(
                () => through.proxy.ledger.unsettled.length === 0 && through.budget.used === 0,
                "nothing is held",
              );
              await until(() => countDescriptors() <= descriptors, "descriptors are as at the start");
            });
          }

      /** Gives the socket that is to end, and the one on the proxy's other side, where there is one. */
      async function bringTo(
        state: State,
        side: "client" | "service",
        through: Harness,
        kind: "plain" | "TLS",
      ): Promise<[Socket, Promise<Socket> | undefined]> {
        const answering = state === "dialling" ? silent : service;
        const isEarly = kind === "TLS" && EARLY.includes(state);
        const accepted = isEarly ? undefined : answering.next();
        const client = isEarly || kind === "plain" ? await dialPlain(through.port) : await dialTls(through.port);
        if (state === "half a greeting") client.write(kind === "TLS" ? "\x16\x03\x01\x02\0\x01" : "GET / HT");
        // Fewer bytes than TLS wants before it says that they are none of its.
        if (state === "no greeting") client.write("GET ");
        // It ends while the proxy dials, or has just dialled.
        if (state === "just connected") return [client, accepted];
        const served = await accepted;
        if (state === "response under way" && served !== undefined) {
          client.pause();
          served.write(BIG);
          await delay(50);
        } else if (state === "idle" && served !== undefined) {
          client.write("x");
          await once(served, "data");
        } else if (state === "half-closed" && served !== undefined) {
          const [first, second] = side === "client" ? [served, client] : [client, served];
          first.end("bye");
          second.resume();
          await once(second, "end");
        }
        return side === "client" ? [client, accepted] : [served!, Promise.resolve(client)];
      }
    });

  function bootstrap(port: number, front: "plain" | "TLS", back: "plain" | "TLS", patience = "60s"): string {
    const { certificate, key } = certificates.server;
    const files = `tls_certificates: [{certificate_chain: {filename: ${certificate}}, private_key: {filename: ${key}}}]`;
    const downstream = `transport_socket: {name: envoy.transport_sockets.tls, typed_config: {"@type": ${TYPES}.DownstreamTlsContext, common_tls_context: {${files}}}}`;
    const upstream = `transport_socket: {name: envoy.transport_sockets.tls, typed_config: {"@type": ${TYPES}.UpstreamTlsContext}}`;
    return writeBootstrap({
      endpoints: [ip(port)],
      ...(front === "TLS" ? { chain: downstream } : {}),
      cluster: `connect_timeout: ${patience}${back === "TLS" ? `, ${upstream}` : ""}`,
    });
  }
});

interface Service {
  readonly server: Server;
  readonly port: number;
  /** The next connection that it gets. */
  next(): Promise<Socket>;
}

async function startService(certificates: Certificates | undefined): Promise<Service> {
  const waiting: ((socket: Socket) => void)[] = [];
  const take = (socket: Socket): void => {
    socket.on("error", () => {});
    waiting.shift()?.(socket);
  };
  const pair = certificates?.server;
  const server =
    pair === undefined
      ? createServer({ allowHalfOpen: true }, take)
      : createTlsServer(
          { cert: readFileSync(pair.certificate), key: readFileSync(pair.key), allowHalfOpen: true } as object,
          take,
        );
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    server,
    port: (server.address() as { port: number }).port,
    next: () => new Promise((resolve) => void waiting.push(resolve)),
  };
}

async function dialPlain(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  return socket.on("error", () => {});
}

async function dialTls(port: number): Promise<Socket> {
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, allowHalfOpen: true } as object);
  await once(socket, "secureConnect");
  return socket.on("error", () => {});
}

async function finish(socket: Socket, end: End): Promise<void> {
  if (end === "reset") {
    try {
      socket.resetAndDestroy();
    } catch {
      // A TLS socket cannot be reset itself.
      socket.destroy();
    }
  } else if (end === "close with unread bytes") socket.pause().destroy();
  else if (end === "end after bytes") socket.end("once more");
  else socket.end();
  // Who ends still reads what comes, and closes when the other side has ended too.
  socket.resume();
}

/** Resolves when the socket learns that the other side has ended; then it ends as well, as a program would. */
async function endOf(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.readableEnded && !socket.destroyed)
    await new Promise<void>((resolve) => socket.once("end", resolve).once("close", () => resolve()));
  socket.end();
}

function countDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
