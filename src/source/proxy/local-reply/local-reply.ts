import type { HttpProtocol } from "../../dial/cluster-config.ts";
import type { FailureReason } from "../routed/upstream-exchange.ts";

/** An answer of the proxy itself, where there is nobody to forward a request to: Envoy's local replies. */
export interface LocalReply {
  readonly status: 503 | 505;
  /** The body, plain text. */
  readonly text: string;
  /** An HTTP/2 stream is reset with this code instead of an answer (RFC 9113 §7). */
  readonly resetCode?: number;
}

/** RFC 9113 §7: the request may be sent again in HTTP/1.1. */
const HTTP_1_1_REQUIRED = 0xd;

/** No connection to an endpoint could be made, or it closed before anything passed. The text is Envoy 1.40's. */
export function replyUnavailable(
  reason: "remote connection failure" | "connection timeout" | FailureReason,
): LocalReply {
  return {
    status: 503,
    text: `upstream connect error or disconnect/reset before headers. reset reason: ${reason}`,
  };
}

/** The cluster has no endpoint. */
export const NO_HEALTHY_UPSTREAM: LocalReply = { status: 503, text: "no healthy upstream" };

/** The client speaks an HTTP that the cluster does not: nothing is translated here. */
export function replyMismatch(cluster: string, spoken: readonly string[], found: HttpProtocol): LocalReply {
  const text = `cluster ${cluster} speaks ${spoken.join(", ")}, and the request came in ${found}, which is not translated`;
  return { status: 505, text, ...(found === "h2" && { resetCode: HTTP_1_1_REQUIRED }) };
}

/** The reply where dialling failed. @param hosts how many endpoints were known */
export function replyToFailedDial(error: NodeJS.ErrnoException, hosts: number): LocalReply {
  if (hosts === 0) return NO_HEALTHY_UPSTREAM;
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  const timedOut = error.code === "ETIMEDOUT" || cause?.code === "ETIMEDOUT";
  return replyUnavailable(timedOut ? "connection timeout" : "remote connection failure");
}

/** A connection that is not forwarded, and what a client that speaks HTTP is answered. */
export class NotForwarded extends Error {
  readonly reply: LocalReply;

  constructor(reply: LocalReply, cause?: Error) {
    super(cause?.message ?? reply.text, { cause });
    this.reply = reply;
  }
}
