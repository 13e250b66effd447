import type { Exchange, Outcome } from "../../model/index.ts";
import type { NameEvidence } from "../identity/name-evidence.ts";
import { namePeer, nameService, type ServiceName } from "../identity/service-name.ts";
import { rowOf } from "./table.ts";

/** The names and the result of an exchange, which several parts of what is written of it are made of. */
export interface ExchangeFacts {
  readonly evidence: NameEvidence;
  readonly service: ServiceName | undefined;
  readonly peer: ServiceName | undefined;
  readonly operation: string;
  readonly outcome: Outcome | undefined;
}

/** For whoever makes more than one thing of an exchange. */
export function factsOf(exchange: Exchange): ExchangeFacts {
  const row = rowOf(exchange);
  const evidence = row.evidence(exchange);
  return {
    evidence,
    service: nameService(exchange.connection, evidence),
    peer: namePeer(exchange.connection, evidence),
    operation: row.operation(exchange),
    outcome: row.outcome(exchange),
  };
}
