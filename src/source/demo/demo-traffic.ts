import { Agent, request } from "node:http";
import type { IpEndpoint } from "../../model/index.ts";
import { callGrpc, talkDns, talkRedis, talkWebSocket } from "./demo-conversations.ts";

/** Rounds come quickly at first, then seldom, so that no disk fills up. */
const QUICK_ROUNDS = 5;
const QUICK_MILLIS = 1000;
const SLOW_MILLIS = 30_000;
/** Carts are asked for so often in a round: one in a hundred is answered with 503. */
const CARTS = 25;

interface Request {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const ROUND: readonly Request[] = [
  { path: "/json" },
  { method: "POST", path: "/echo", body: JSON.stringify({ hello: "tapline" }) },
  { path: "/error" },
  { path: "/missing" },
  { path: "/large" },
  // Seen as a mark: what the token is, nobody keeps.
  { path: "/cart?token=demo-5ecret-t0ken", headers: { authorization: "Bearer demo.5ecret.t0ken-of-nobody" } },
];

/** A client of the demo service that talks to it through the proxy. */
export class DemoTraffic {
  readonly #target: IpEndpoint;
  #timer: NodeJS.Timeout | undefined;
  #rounds = 0;

  constructor(target: IpEndpoint) {
    this.#target = target;
  }

  start(): void {
    void this.#runRound().then(() => {
      this.#rounds++;
      this.#timer = setTimeout(() => this.start(), this.#rounds < QUICK_ROUNDS ? QUICK_MILLIS : SLOW_MILLIS);
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One connection for the round, and one for each conversation of another kind. */
  async #runRound(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const one of ROUND) await this.#send(agent, one);
    agent.destroy();
    const carts = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let cart = 0; cart < CARTS; cart++) await this.#send(carts, { path: `/cart?number=${cart}` });
    carts.destroy();
    const target = this.#target;
    const alone = new Agent();
    await Promise.all([
      this.#send(alone, { path: "/slow" }),
      this.#send(alone, { path: "/reset" }),
      this.#send(alone, { path: "/events" }),
      talkWebSocket(target),
      callGrpc(target),
      talkRedis(target),
      talkDns(target),
    ]);
    alone.destroy();
  }

  /** Never rejects: what goes wrong can be seen in the traces. */
  #send(agent: Agent, { method = "GET", path, body, headers = {} }: Request): Promise<void> {
    const { address, port } = this.#target;
    return new Promise((resolve) => {
      const all = { ...headers, ...(body !== undefined && { "content-type": "application/json" }) };
      const sent = request({ agent, host: address, port, method, path, headers: all }, (response) => {
        response
          .resume()
          .on("close", resolve)
          .on("error", () => {});
      });
      sent.on("error", () => resolve());
      sent.end(body);
    });
  }
}
