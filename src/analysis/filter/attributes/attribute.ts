import type { Exchange, FlowEvent, SocketEvent } from "../../../model/index.ts";
import type { Value, ValueType } from "../value.ts";
import { hasReached, type StreamPhase, type StreamView } from "./stream-phase.ts";

/** The subjects of a filter. */
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

/** By subject; a subject without a getter does not have the attribute: it is missing there. */
export interface Getters {
  readonly exchange?: Resolver<Exchange>;
  readonly flow?: Resolver<FlowEvent>;
  readonly event?: Resolver<SocketEvent>;
}

/**
 * One name of the filter language: a row of the one table behind `-Y`, `-T fields -e`, `cel_match`, facets, indexes and
 * docs/filter.md. A protocol keeps its rows in its own folder.
 */
export interface Attribute {
  /** Dotted, as it is written. */
  readonly name: string;
  readonly type: ValueType;
  /** Who has it: `flow`, `event`, `exchange` for exchanges of every kind, or the kinds of exchanges (`http`, `redis`, …). */
  readonly kinds: readonly string[];
  /**
   * From when on it is known of a stream that goes on. An earlier one than true makes a tap decide too soon (what is still
   * to come counts as missing); `end` is always right.
   */
  readonly phase: StreamPhase;
  readonly get: Getters;
  /** One line for `docs/filter.md` and the help. */
  readonly doc: string;
  /** For an address: the same with its port, which is what Envoy's value looks like. */
  readonly withPort?: Getters;
  /** For a map: finds one entry without making the map. */
  readonly entry?: (key: string) => Getters;
  /** For a text that comes as octets: these, which is all that comparing with ASCII needs. */
  readonly octets?: Getters;
  /** The same of an entry. */
  readonly entryOctets?: (key: string) => Getters;
  /** For a list of texts: whether it has one, without making the list. */
  readonly holds?: (item: string) => Getters;
  /** Bodies tell it: they have to be readable (decoded) where it is asked for. */
  readonly ofBodies?: boolean;
  /** Whether `holds` needs no body for this item. */
  readonly holdsWithoutBodies?: (item: string) => boolean;
  /** For a map: the form in which it has a key that is not known before. */
  readonly normalizeKey?: (key: string) => string;
  /** All that it may be, where that is a closed set: a filter that compares it with another text is refused. */
  readonly values?: readonly string[];
  /** The form of its values, or of those beside `values`: a text of another form is refused too. */
  readonly form?: TextForm;
}

/**
 * The getter for one subject.
 * @param phase from which on the attribute is known of a stream
 */
export function resolverOf<K extends SubjectKind>(
  getters: Getters,
  kind: K,
  phase: StreamPhase,
): Resolver<Subjects[K]> | undefined {
  if (kind !== "stream") return getters[kind as Exclude<K, "stream">] as Resolver<Subjects[K]> | undefined;
  const { exchange: resolve } = getters;
  if (resolve === undefined) return undefined;
  const ofStream: Resolver<StreamView> = (view) => (hasReached(view.phase, phase) ? resolve(view.exchange) : undefined);
  return ofStream as Resolver<Subjects[K]>;
}

/** Tells the texts that an attribute may have. */
export interface TextForm {
  test(text: string): boolean;
}
