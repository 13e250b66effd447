import { type DocumentNode, MessageReader } from "../../../../wire/config-document/index.ts";
import type { ClusterConfig } from "../../../dial/cluster-config.ts";
import { POOL_OPTIONS } from "../fields/cluster-fields.ts";

export type Pooling = Pick<
  ClusterConfig,
  "maxRequestsPerConnection" | "idleTimeoutMillis" | "maxResponseHeaders" | "maxResponseHeaderBytes"
>;

/**
 * Reads a cluster's `common_http_protocol_options`: settings of connections that are kept for later requests, and the largest responses, which only
 * routed mode looks at.
 *
 * @throws TaplineError (`configuration`)
 */
export function readPooling(common: DocumentNode | undefined): Pooling {
  if (common === undefined) return {};
  const options = new MessageReader(common, POOL_OPTIONS);
  const most = options.uint32("max_requests_per_connection");
  const idle = options.durationMillis("idle_timeout");
  const headers = options.integer("max_headers_count", { least: 1n, most: 0xffffffffn });
  const kib = options.integer("max_response_headers_kb", { least: 1n, most: 8192n });
  return {
    ...(most !== undefined && { maxRequestsPerConnection: most }),
    ...(idle !== undefined && { idleTimeoutMillis: idle }),
    ...(headers !== undefined && { maxResponseHeaders: Number(headers) }),
    ...(kib !== undefined && { maxResponseHeaderBytes: Number(kib) * 1024 }),
  };
}
