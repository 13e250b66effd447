import type { Application, Exchange, Outcome } from "../../model/index.ts";
import type { NameEvidence } from "../identity/name-evidence.ts";
import { namePeer, nameService, type ServiceName } from "../identity/service-name.ts";
import { rowOf } from "./table.ts";

/** A request by what it asks, and whom. */
export interface RequestFacts {
  readonly evidence: NameEvidence;
  readonly service: ServiceName | undefined;
  readonly operation: string;
}

/** The names and the result of an exchange, which several parts of what is written of it are made of. */
export interface ExchangeFacts extends RequestFacts {
  readonly peer: ServiceName | undefined;
  readonly outcome: Outcome | undefined;
  /** All that runs inside, where it was looked for already. */
  readonly applications?: readonly Application[];
}

export function requestFactsOf(exchange: Exchange): RequestFacts {
  const row = rowOf(exchange);
  const evidence = row.evidence(exchange);
  return { evidence, service: nameService(exchange.connection, evidence), operation: row.operation(exchange) };
}

/** For whoever makes more than one thing of an exchange. */
export function factsOf(exchange: Exchange): ExchangeFacts {
  const { evidence, service, operation } = requestFactsOf(exchange);
  const peer = namePeer(exchange.connection, evidence);
  return { evidence, service, peer, operation, outcome: rowOf(exchange).outcome(exchange) };
}
