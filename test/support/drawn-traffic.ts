import type { HttpExchange, Timestamp } from "../../src/model/index.ts";
import { buildExchange } from "./build-exchange.ts";
import { Random } from "./random.ts";

/** Traffic of one kind: how connections differ, how latencies are spread, what comes in bursts. */
export interface TrafficShape {
  readonly requests: number;
  readonly connections: number;
  /** Requests of a connection are of few routes, and of its own pace. */
  readonly clustered?: boolean;
  /** Now and then everything is slow, or fails, for a while. */
  readonly bursts?: boolean;
  /** Planted differences. */
  readonly slower?: number;
  readonly failing?: string;
  readonly without?: string;
}

/** Requests to a shop with four routes, JSON with optional members, 1 % failures, heavy tails. */
export function drawTraffic(seed: number, shape: TrafficShape): HttpExchange[] {
  const random = new Random(seed);
  const part = (): number => (random.below(1_000_000) + 1) / 1_000_001;
  const normal = (): number => Math.sqrt(-2 * Math.log(part())) * Math.cos(2 * Math.PI * part());
  const paces = Array.from({ length: shape.connections }, () => (shape.clustered ? Math.exp(normal() * 0.4) : 1));
  let millis = 0;
  let burst = 0;
  return Array.from({ length: shape.requests }, (_, i) => {
    const connection = random.below(shape.connections);
    if (shape.bursts === true && burst-- <= 0 && random.chance(400)) burst = 20;
    const route = shape.clustered && !random.chance(4) ? ROUTES[connection % ROUTES.length]! : random.pick(ROUTES);
    millis += -Math.log(part()) * 20;
    const isBad = burst > 0;
    const took =
      Math.exp(1.2 + normal() * 0.6) *
      paces[connection]! *
      (isBad ? 5 : 1) *
      (route === "/cart" ? (shape.slower ?? 1) : 1);
    const fails = random.chance(isBad ? 5 : 100) || (route === shape.failing && random.chance(15));
    const answer: Record<string, unknown> = { id: i, name: "n".repeat(random.below(40)), price: 1.5 };
    if (random.chance(3)) answer["note"] = "x";
    if (random.chance(20)) answer["rare"] = { depth: [1] };
    if (route === "/items") delete answer[shape.without ?? ""];
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (random.chance(6)) headers["x-cache"] = "HIT";
    return buildExchange({
      target: `${route}/${random.below(500)}`,
      status: fails ? 503 : 200,
      responseHeaders: headers,
      responseBody: JSON.stringify(answer),
      connection: { id: BigInt(connection), source: `drawn ${seed}` },
      exchange: { id: i + 1, times: { requestStart: moment(millis), responseEnd: moment(millis + took) } },
    });
  });
}

const ROUTES = ["/cart", "/items", "/orders", "/health"];

function moment(millis: number): Timestamp {
  const nanos = Math.round(millis * 1e6);
  return { seconds: 1_700_000_000 + Math.floor(nanos / 1e9), nanos: nanos % 1e9 };
}
