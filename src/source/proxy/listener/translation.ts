import type { HttpProtocol } from "../../dial/cluster-config.ts";
import type { Upstream } from "../cluster/upstream.ts";
import type { NetworkFilterConfig } from "../config/config.ts";

/** Where a client and a cluster may speak different HTTPs, so that requests are made anew, as a configuration has it. */
export class Translation {
  /** The cluster says what it speaks, and clients may come that do not. */
  readonly bridges: boolean;
  /** Nothing says what the cluster speaks: its endpoints do. */
  readonly asks: boolean;
  /** Bytes are forwarded whatever they are (`tapline.routing: verbatim`). */
  readonly isInsisted: boolean;
  readonly #upstream: Upstream;

  constructor(filter: NetworkFilterConfig, upstream: Upstream) {
    const routing = filter.kind === "http-connection-manager" ? filter.routing : undefined;
    this.bridges = routing?.mode === "verbatim" && routing.bridges;
    this.asks = routing?.mode === "verbatim" && routing.asks === true;
    this.isInsisted = routing?.mode === "verbatim" && routing.isInsisted === true;
    this.#upstream = upstream;
  }

  isBridged(spoken: HttpProtocol): boolean {
    const { config, foundHttp } = this.#upstream;
    if (!this.bridges) return spoken === "h2" && foundHttp === "http/1.1";
    return config.httpProtocols?.includes(spoken) === false;
  }

  /** Whether a server of TLS took nothing of what it was offered, and may be offered the other HTTP. */
  isRefused(error: Error, spoken: string | undefined): boolean {
    return isAlpnRefusal(error) && this.#mayChoose(spoken);
  }

  /** Undefined where it `isRefused`. @throws the error else */
  unlessRefused(error: Error, spoken: HttpProtocol | undefined): undefined {
    if (!this.isRefused(error, spoken)) throw error;
  }

  /** A server of TLS picked nothing, and so speaks HTTP/1 to a client of HTTP/2 (as in Envoy). */
  isMisunderstood(spoken: HttpProtocol | undefined, picked: string | undefined): boolean {
    return spoken === "h2" && picked !== "h2" && this.#upstream.connector !== undefined && this.#mayChoose(spoken);
  }

  /** Whether TLS chooses what is spoken to the endpoint. */
  #mayChoose(spoken: string | undefined): boolean {
    const { httpProtocols, followsClient } = this.#upstream.config;
    if (this.isInsisted || followsClient) return false;
    return httpProtocols === undefined
      ? this.asks && spoken === "h2"
      : spoken !== undefined && httpProtocols.length === 2;
  }
}

function isAlpnRefusal(error: Error): boolean {
  for (let one: unknown = error, depth = 0; one instanceof Error && depth < MAX_CAUSES; one = one.cause, depth++)
    if ((one as NodeJS.ErrnoException).code?.endsWith("NO_APPLICATION_PROTOCOL")) return true;
  return false;
}

const MAX_CAUSES = 4;
