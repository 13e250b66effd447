import { Agent, request } from "node:http";
import type { IpEndpoint } from "../../model/index.ts";

/** One round of requests goes over one connection; rounds come quickly at first, then seldom, so that no disk fills up. */
const QUICK_ROUNDS = 5;
const QUICK_MILLIS = 1000;
const SLOW_MILLIS = 30_000;

const ROUND = [
  { method: "GET", path: "/json" },
  { method: "POST", path: "/echo", body: JSON.stringify({ hello: "tapline" }) },
  { method: "GET", path: "/error" },
  { method: "GET", path: "/missing" },
  { method: "GET", path: "/large" },
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

  async #runRound(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const one of ROUND) await this.#send(agent, one);
    agent.destroy();
  }

  /** Never rejects: what goes wrong can be seen in the traces. */
  #send(agent: Agent, { method, path, body }: { method: string; path: string; body?: string }): Promise<void> {
    const { address, port } = this.#target;
    return new Promise((resolve) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const sent = request({ agent, host: address, port, method, path, headers }, (response) => {
        response.resume().on("close", resolve);
      });
      sent.on("error", () => resolve());
      sent.end(body);
    });
  }
}
