import type { Exchange, FlowEvent, SocketEvent } from "../../model/index.ts";
import { hasReached, type StreamPhase, type StreamView } from "./stream-phase.ts";
import type { Value, ValueType } from "./value.ts";

/** What a filter can be asked about. */
export type SubjectKind = "exchange" | "flow" | "event" | "stream";
export interface Subjects {
  exchange: Exchange;
  flow: FlowEvent;
  event: SocketEvent;
  /** An exchange while it goes on: its attributes are those of an exchange, each from its phase on. */
  stream: StreamView;
}

/** Gives the value, or undefined where the subject does not have it. */
export type Resolver<S> = (subject: S) => Value | undefined;

/**
 * One name of the filter language: what `-Y` may ask for and `-T fields -e` may print. A kind of subject that has no
 * resolver here does not have the attribute: it is missing there, as an attribute without value is.
 */
export interface Attribute {
  /** Dotted, as it is written. */
  readonly name: string;
  readonly type: ValueType;
  /** One line for `docs/filter.md` and the help. */
  readonly doc: string;
  readonly exchange?: Resolver<Exchange>;
  readonly flow?: Resolver<FlowEvent>;
  readonly event?: Resolver<SocketEvent>;
  /** For an address: the same with its port, which is what Envoy's value looks like. */
  readonly withPort?: Resolvers;
  /** For a map: finds one entry without making the map. */
  readonly entry?: (key: string) => Resolvers;
}

export type Resolvers = Pick<Attribute, Exclude<SubjectKind, "stream">>;

/**
 * What an attribute, or a part of it, has for one kind of subject.
 * @param phase from which on it is known of a stream
 */
export function resolverOf<K extends SubjectKind>(
  resolvers: Resolvers,
  kind: K,
  phase: StreamPhase,
): Resolver<Subjects[K]> | undefined {
  if (kind !== "stream") return resolvers[kind as Exclude<K, "stream">] as Resolver<Subjects[K]> | undefined;
  const { exchange: resolve } = resolvers;
  if (resolve === undefined) return undefined;
  const ofStream: Resolver<StreamView> = (view) => (hasReached(view.phase, phase) ? resolve(view.exchange) : undefined);
  return ofStream as Resolver<Subjects[K]>;
}
