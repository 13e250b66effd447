import { formatEndpoint } from "../../../../model/index.ts";
import {
  attempt,
  type DocumentNode,
  FollowingError,
  MessageReader,
  readEach,
  refuse,
  reportRefusal,
} from "../../../../wire/config-document/index.ts";
import type { FilterChainConfig, ListenerConfig } from "../config.ts";
import { ADDITIONAL_ADDRESS, FILTER_CHAIN, LISTENER } from "../fields/listener-fields.ts";
import { readAddress } from "../read-address.ts";
import type { ReadContext } from "../read-context.ts";
import { readDownstreamSocket } from "../transport/read-transport-socket.ts";
import { readFilterChainMatch, refuseSameMatches } from "./read-filter-chain-match.ts";
import { readInspection } from "./read-listener-filters.ts";
import { readNetworkFilters } from "./read-network-filter.ts";
import { checkSocketOptions } from "./read-socket-options.ts";

const DEFAULT_BUFFER_LIMIT_BYTES = 1024 * 1024;

/** Reads a `Listener` of v2 or v3: one for each of its addresses. Throws TaplineError (`configuration`). */
export function readListener(node: DocumentNode, context: ReadContext): readonly ListenerConfig[] {
  const message = new MessageReader(node, LISTENER);
  if (message.has("bind_to_port") && !message.bool("bind_to_port"))
    reportRefusal(message.placeOf("bind_to_port"), "Listener: bind_to_port: false is not supported", "leave it out");
  checkSocketOptions(message.list("socket_options"), "Listener");
  const nodes = message.list("filter_chains");
  const filterChains = readEach(nodes, (chain) => readFilterChain(chain, context));
  const otherwise = message.node("default_filter_chain");
  const defaultFilterChain = otherwise === undefined ? undefined : attempt(() => readFilterChain(otherwise, context));
  if (nodes.length === 0 && otherwise === undefined)
    reportRefusal(node.place, "Listener: no filter chains specified", "add filter_chains");
  refuseSameMatches(filterChains, nodes);
  const address = readAddress(message.requiredNode("address"), "addresses-only");
  const backlog = message.uint32("tcp_backlog_size");
  const name = message.string("name") ?? "";
  const listener: ListenerConfig = {
    name: name === "" ? formatEndpoint(address.endpoint) : name,
    address: address.endpoint,
    ...(address.pipeMode !== undefined && { pipeMode: address.pipeMode }),
    filterChains,
    ...(defaultFilterChain !== undefined && { defaultFilterChain }),
    inspection: readInspection(message, filterChains),
    bufferLimitBytes: readBufferLimit(message),
    ...(backlog === undefined ? {} : { backlog }),
    place: node.place,
  };
  const more = readEach(message.list("additional_addresses"), (item) => {
    const one = new MessageReader(item, ADDITIONAL_ADDRESS);
    const options = one.node("socket_options");
    if (options !== undefined)
      checkSocketOptions(
        new MessageReader(options, { name: "SocketOptionsOverride", fields: ["socket_options"] }).list(
          "socket_options",
        ),
        "AdditionalAddress",
      );
    return readAddress(one.requiredNode("address"), "addresses-only");
  });
  const others = more.map(({ endpoint, pipeMode }, index): ListenerConfig => {
    const { pipeMode: _, ...rest } = listener;
    return { ...rest, address: endpoint, ...(pipeMode !== undefined && { pipeMode }), additional: index + 1 };
  });
  return [listener, ...others];
}

/** Reads `per_connection_buffer_limit_bytes`; default 1 MiB. */
export function readBufferLimit(message: MessageReader<"per_connection_buffer_limit_bytes">): number {
  const limit = message.uint32("per_connection_buffer_limit_bytes");
  if (limit === 0)
    refuse(
      message.placeOf("per_connection_buffer_limit_bytes"),
      "per_connection_buffer_limit_bytes: 0 (no limit) is not supported",
      "expected at least 1, or nothing for 1 MiB",
    );
  return limit ?? DEFAULT_BUFFER_LIMIT_BYTES;
}

function readFilterChain(node: DocumentNode, context: ReadContext): FilterChainConfig {
  const message = new MessageReader(node, FILTER_CHAIN);
  const match = message.node("filter_chain_match");
  const handshakeMillis = message.durationMillis("transport_socket_connect_timeout") ?? 0;
  const networkFilters = attempt(() => readNetworkFilters(message, context));
  const transportSocket = readDownstreamSocket(
    { transportSocket: message.node("transport_socket"), tlsContext: message.node("tls_context") },
    context,
  );
  if (networkFilters === undefined) throw new FollowingError(node.place);
  return {
    match: readFilterChainMatch(match),
    transportSocket,
    ...networkFilters,
    ...(handshakeMillis === 0 ? {} : { transportSocketConnectTimeoutMillis: handshakeMillis }),
  };
}
