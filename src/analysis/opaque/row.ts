import type { OpaqueExchange, Outcome } from "../../model/index.ts";
import type { ExchangeSizes, ProtocolRow } from "../protocols/protocol-row.ts";

/** Bytes that nothing was recognised in. */
export const OPAQUE: ProtocolRow<"opaque"> = {
  kind: "opaque",
  doc: "bytes that nothing was recognised in, and TLS that was not decrypted: one exchange a connection",
  attributes: [],
  operation: ({ protocol, connection }) =>
    connection.tls?.sni === undefined ? protocol : `${protocol} ${connection.tls.sni}`,
  outcome,
  sizes,
  evidence: () => ({}),
};

/** Whether both sides spoke, and whether anything broke the connection off, is all that can be told. */
function outcome({ request, response, problems }: OpaqueExchange): Outcome {
  const broken = problems.find((problem) => BROKEN.test(problem));
  if (broken !== undefined) return { result: "error", reason: broken };
  if (request === undefined || response === undefined) return { result: "none", reason: "one-sided" };
  return { result: "ok" };
}

const BROKEN = /^(?:connection-reset$|tls-alert:)/;

function sizes({ request, response }: OpaqueExchange): ExchangeSizes {
  return {
    ...(request && { request: request.body.size }),
    ...(response && { response: response.body.size }),
  };
}
