import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { RecordedChunk } from "./http2-session.ts";

/** A relay in front of a server on the loopback interface that writes down what passes, of the connections made one by one. */
export class RecordingRelay implements AsyncDisposable {
  readonly #server;
  #chunks: RecordedChunk[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer((client) => {
      const upstream = connect(port, "127.0.0.1");
      this.#join(client, upstream, "read");
      this.#join(upstream, client, "write");
    });
  }

  static async start(port: number): Promise<RecordingRelay> {
    const relay = new RecordingRelay(port);
    await new Promise<void>((resolve) => relay.#server.listen(0, "127.0.0.1", resolve));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The bytes that passed since the last call. */
  take(): RecordedChunk[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(from: Socket, to: Socket, direction: RecordedChunk["direction"]): void {
    this.#sockets.add(from);
    from.on("data", (data) => {
      this.#chunks.push({ direction, data: new Uint8Array(data) });
      to.write(data);
    });
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.on("close", () => this.#sockets.delete(from));
  }
}
