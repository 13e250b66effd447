import { type Connection, type Exchange, formatEndpoint, type Timestamp } from "../../model/index.ts";
import type { RequestView, Standpoint } from "../identity/request-view.ts";
import { type RequestFacts, requestFactsOf } from "./exchange-facts.ts";
import { KeptTexts } from "./kept-texts.ts";

/**
 * The view of the request that an exchange is: `RequestJoiner` joins it to those that other places have.
 * @param observer who saw it, where that is not told by its connection: the name of an agent or of a file
 * @param facts where they are known already
 */
export function viewOf(exchange: Exchange, observer = "", facts = requestFactsOf(exchange)): RequestView {
  const view = new KeptView(exchange, facts, observer);
  return { ...view, conversations: view.conversations, started: view.started };
}

/**
 * The same, for where many are kept and most are asked for little: it keeps no more of the exchange than it needs, and makes a text of the ends
 * when that is asked for. A spread leaves out `conversations` and `started`.
 */
export class KeptView implements RequestView {
  readonly place: string;
  readonly standpoint: Standpoint;
  readonly operation: string;
  readonly traceId: string | undefined;
  readonly requestId: string | undefined;
  readonly service: string | undefined;
  readonly position: number | undefined;
  readonly #seconds: number | undefined;
  readonly #nanos: number;
  readonly #transport: Connection["transport"];
  readonly #local: Connection["local"];
  readonly #remote: Connection["remote"];
  readonly #forwardedOn: Connection | undefined;

  constructor(exchange: Exchange, { evidence, service, operation }: RequestFacts, observer = "") {
    const { connection, times, index } = exchange;
    const { traceId, requestId } = evidence;
    this.place = placeOf(observer, connection);
    this.standpoint = standpointOf(connection);
    this.operation = KEPT.keep(operation);
    this.traceId = traceId === requestId ? undefined : KEPT.copy(traceId);
    this.requestId = KEPT.copy(requestId);
    this.service = service?.source === "process" ? service.name : undefined;
    this.position = connection.opened === undefined ? undefined : index;
    const started = times.requestStart ?? times.responseStart;
    this.#seconds = started?.seconds;
    this.#nanos = started?.nanos ?? 0;
    this.#transport = connection.transport;
    this.#local = connection.local;
    this.#remote = connection.remote;
    this.#forwardedOn = connection.forwardedOn;
  }

  get started(): Timestamp | undefined {
    return this.#seconds === undefined ? undefined : { seconds: this.#seconds, nanos: this.#nanos };
  }

  get conversations(): readonly string[] {
    const own = conversationOf({ transport: this.#transport, local: this.#local, remote: this.#remote });
    const further = this.#forwardedOn && conversationOf(this.#forwardedOn);
    if (own === undefined) return further === undefined ? [] : [further];
    return further === undefined ? [own] : [own, further];
  }
}

const KEPT = new KeptTexts();

/** A 5-tuple, the same from both ends: `tcp 10.0.0.1:1234 10.0.0.2:80`; undefined where an end is not known. */
export function conversationOf({
  transport,
  local,
  remote,
}: Pick<Connection, "transport" | "local" | "remote">): string | undefined {
  if (local === undefined || remote === undefined) return undefined;
  const [a, b] = [formatEndpoint(local), formatEndpoint(remote)];
  return a < b ? `${transport} ${a} ${b}` : `${transport} ${b} ${a}`;
}

/** One text for exchanges of one place that come one after the other: many views are remembered. */
function placeOf(observer: string, { source, seenAt, role }: Connection): string {
  const seen = seenAt ?? role;
  if (lastPlace.observer !== observer || lastPlace.source !== source || lastPlace.seen !== seen)
    lastPlace = { observer, source, seen, text: [observer, source, seen].join(" ") };
  return lastPlace.text;
}

let lastPlace = { observer: "", source: undefined as string | undefined, seen: "", text: "  " };

function standpointOf({ process, named, role, seenAt }: Connection): Standpoint {
  // An end that reports of itself has seen it.
  if ((process !== undefined || named?.local !== undefined) && role !== "unknown") return role;
  return seenAt === undefined ? "wire" : "proxy";
}
