import type { Exchange, FlowEvent, SocketEvent } from "../../model/index.ts";
import type { Value, ValueType } from "./value.ts";

/** What a filter can be asked about. */
export type SubjectKind = "exchange" | "flow" | "event";
export interface Subjects {
  exchange: Exchange;
  flow: FlowEvent;
  event: SocketEvent;
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
  readonly withPort?: Pick<Attribute, SubjectKind>;
  /** For a map: finds one entry without making the map. */
  readonly entry?: (key: string) => Pick<Attribute, SubjectKind>;
}

/** What an attribute has for one kind of subject. */
export function resolverOf<K extends SubjectKind>(
  attribute: Pick<Attribute, SubjectKind>,
  kind: K,
): Resolver<Subjects[K]> | undefined {
  return attribute[kind] as Resolver<Subjects[K]> | undefined;
}
