import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Piece, Planted } from "./shape.ts";

/** A service that answers as the conversation under way says, and its client: each waits for what the other one sends. */
export class PlantedService {
  readonly #server: Server;
  #accepted: ((socket: Socket) => void) | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => this.#accepted?.(socket));
  }

  static async start(): Promise<PlantedService> {
    const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new PlantedService(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
  }

  /** Plays them one after another, a connection each, through what listens at `port`. */
  async play(port: number, planted: readonly Planted[]): Promise<void> {
    for (const { pieces } of planted) {
      const accepted = new Promise<Socket>((resolve) => {
        this.#accepted = resolve;
      });
      const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      const service = await accepted;
      const closed = Promise.all([client, service].map((socket) => once(socket, "close")));
      await Promise.all([speak(client, "client", pieces), speak(service, "server", pieces)]);
      client.end();
      service.end();
      await closed;
    }
  }
}

async function speak(socket: Socket, side: Piece[0], pieces: readonly Piece[]): Promise<void> {
  let received = 0;
  let told = (): void => {};
  socket.on("data", ({ length }) => {
    received += length;
    told();
  });
  socket.on("error", () => {}).on("close", () => told());
  let expected = 0;
  for (const [from, bytes] of pieces) {
    if (from === side) socket.write(bytes);
    else {
      expected += bytes.length;
      while (received < expected && !socket.closed)
        await new Promise<void>((resolve) => {
          told = resolve;
        });
    }
  }
}
