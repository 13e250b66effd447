import { findApplication, type HttpExchange, type Outcome, type ResponseMessage } from "../../model/index.ts";
import { nameGrpcStatus, parseGrpcStatus } from "../../wire/grpc/index.ts";
import { describeEnd, unansweredOutcome } from "../connection-end.ts";
import { headerValue } from "./header-value.ts";

/**
 * By the status of gRPC, where the call has one; by what broke it off: a reset, or a connection that ended within the response; by the
 * status code (RFC 9110 §15); without an answer, by how the connection ended. Undefined where the status stands in a part of the compression table that was never seen, a gRPC call had not ended when the input did,
 * or a call of gRPC-Web says it in its body.
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
  if (outcome?.result !== "ok") return outcome;
  if (GRPC_WEB.test(headerValue(response.headers, "content-type") ?? "")) return grpcWebOutcome(response);
  if (grpc === undefined) return outcome;
  return exchange.quality === "complete" ? { result: "error", reason: "no-grpc-status" } : undefined;
}

/** A stream's or the connection's reset. With NO_ERROR a stream was only ended early (RFC 9113 §8.1). */
const BROKEN = /^(?:reset:(?!NO_ERROR$)|connection-reset$)/;

const RESET = "connection-reset";

/** A call of gRPC-Web: its status stands in the head where nothing else came, or in the body, which is not looked into here. */
function grpcWebOutcome({ headers }: ResponseMessage): Outcome | undefined {
  const status = parseGrpcStatus(headerValue(headers, "grpc-status") ?? "");
  return status === undefined ? undefined : grpcOutcome({ status, statusName: nameGrpcStatus(status) });
}

const GRPC_WEB = /^application\/grpc-web/i;

function grpcOutcome({ status, statusName }: { status?: number; statusName?: string | undefined }): Outcome {
  return status === 0 ? OK : { result: "error", reason: statusName ?? `grpc-status ${status}` };
}

const OK: Outcome = { result: "ok" };

function statusOutcome(status: number | undefined): Outcome | undefined {
  if (status === undefined) return undefined;
  if (status >= 500) return { result: "error", reason: String(status) };
  if (status >= 400) return { result: "client-error", reason: String(status) };
  return status >= 300 ? { result: "redirect" } : OK;
}
