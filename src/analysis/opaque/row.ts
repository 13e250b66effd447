import type { Body, OpaqueExchange, OpaqueSide, Outcome } from "../../model/index.ts";
import type { Presentation } from "../content/presentation.ts";
import type { ExchangeCells } from "../protocols/exchange-cells.ts";
import type { DetailOptions, ExchangeDetail } from "../protocols/exchange-details.ts";
import type { ExchangeSizes, ProtocolRow } from "../protocols/protocol-row.ts";
import { OPAQUE_ATTRIBUTES } from "./attributes.ts";
import { OPAQUE_DOCUMENT } from "./document.ts";
import { OPAQUE_HAR } from "./har.ts";

/** Bytes that nothing was recognised in. */
export const OPAQUE: ProtocolRow<"opaque"> = {
  kind: "opaque",
  doc: "bytes that nothing was recognised in, and TLS that was not decrypted: one exchange a connection",
  protocols: /^(?:tcp|udp|tls)$/,
  detectors: [],
  shortForms: { tcp: "has(protocol) && protocol == 'tcp'" },
  attributes: OPAQUE_ATTRIBUTES,
  operation: ({ protocol, connection }) =>
    connection.tls?.sni === undefined ? protocol : `${protocol} ${connection.tls.sni}`,
  outcome,
  sizes,
  evidence: () => ({}),
  cells,
  details,
  facts: () => [],
  present,
  document: OPAQUE_DOCUMENT,
  har: OPAQUE_HAR,
};

/** Whether both sides spoke, and whether anything broke the connection off, is all that can be told. */
function outcome({ client, server, problems }: OpaqueExchange): Outcome {
  const broken = problems.find((problem) => BROKEN.test(problem));
  if (broken !== undefined) return { result: "error", reason: broken };
  if (client === undefined || server === undefined) return { result: "none", reason: "one-sided" };
  return { result: "ok" };
}

const BROKEN = /^(?:connection-reset$|tls-alert:)/;

function sizes({ client, server }: OpaqueExchange): ExchangeSizes {
  return { ...(client && { request: client.body.size }), ...(server && { response: server.body.size }) };
}

function cells({ client, server }: OpaqueExchange): ExchangeCells {
  return { sizes: { request: client?.body.size ?? 0, response: server?.body.size ?? 0 } };
}

function details({ client, server }: OpaqueExchange, { bodies }: DetailOptions): ExchangeDetail[] {
  if (!bodies) return [];
  return [
    ...(client === undefined ? [] : [{ part: "body", from: "client", body: client.body, trailers: [] } as const]),
    ...(server === undefined ? [] : [{ part: "body", from: "server", body: server.body, trailers: [] } as const]),
  ];
}

function present(exchange: OpaqueExchange, { redactor }: Presentation): OpaqueExchange {
  if (redactor === undefined) return exchange;
  const { client, server } = exchange;
  const redact = (side: OpaqueSide, body: Body): OpaqueSide => ({ ...side, body });
  return {
    ...exchange,
    ...(client && { client: redact(client, redactor.opaque(client.body, server?.body)) }),
    ...(server && { server: redact(server, redactor.body(server.body, [])) }),
  };
}
