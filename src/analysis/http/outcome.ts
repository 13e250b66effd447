import { findApplication, type GrpcApplication, type HttpExchange, type Outcome } from "../../model/index.ts";
import { describeEnd, unansweredOutcome } from "../connection-end.ts";

/**
 * By the status of gRPC, where the call has one; by what broke it off: a reset, or a connection that ended within the response; by the
 * status code (RFC 9110 §15); without an answer, by how the connection ended. Undefined where the status stands in a part of the compression table that was never seen, or a gRPC call had not ended when the input did.
 */
export function httpOutcome(exchange: HttpExchange): Outcome | undefined {
  const { response, problems } = exchange;
  const grpc = findApplication(exchange, "grpc");
  if (grpc?.status !== undefined) return grpcOutcome(grpc);
  const broken = problems.find((problem) => BROKEN.test(problem));
  if (broken !== undefined)
    return { result: "error", reason: (broken === RESET ? describeEnd(problems) : undefined) ?? broken };
  if (response === undefined) return unansweredOutcome(problems);
  const end = describeEnd(problems);
  if (end !== undefined) return { result: "error", reason: end };
  const outcome = statusOutcome(response.status);
  if (grpc === undefined || outcome?.result !== "ok") return outcome;
  return exchange.quality === "complete" ? { result: "error", reason: "no-grpc-status" } : undefined;
}

/** A stream's or the connection's reset. With NO_ERROR a stream was only ended early (RFC 9113 §8.1). */
const BROKEN = /^(?:reset:(?!NO_ERROR$)|connection-reset$)/;

const RESET = "connection-reset";

function grpcOutcome({ status, statusName }: GrpcApplication): Outcome {
  return status === 0 ? OK : { result: "error", reason: statusName ?? `grpc-status ${status}` };
}

const OK: Outcome = { result: "ok" };

function statusOutcome(status: number | undefined): Outcome | undefined {
  if (status === undefined) return undefined;
  if (status >= 500) return { result: "error", reason: String(status) };
  if (status >= 400) return { result: "client-error", reason: String(status) };
  return status >= 300 ? { result: "redirect" } : OK;
}
