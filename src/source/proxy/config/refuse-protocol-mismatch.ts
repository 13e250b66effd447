import { type Place, TaplineError } from "../../../model/index.ts";
import { type ClusterConfig, HTTP_PROTOCOLS, type HttpProtocol } from "../../dial/cluster-config.ts";
import { innermost } from "../../dial/transport-socket.ts";
import type { FilterChainConfig, HttpConnectionManagerConfig, ListenerConfig } from "./config.ts";

const SPEAK = "let both say the same: bytes are forwarded as they are";

/**
 * Refuses a listener for HTTP none of whose clients could be understood by its cluster: Envoy translates between HTTP/1 and
 * HTTP/2, which is not done here. Where some clients could not, `warn` is told.
 *
 * @throws TaplineError (`configuration`) that names both
 */
export function refuseProtocolMismatch(
  listener: ListenerConfig,
  chain: FilterChainConfig,
  cluster: ClusterConfig,
  warn: (place: Place, message: string) => void,
): void {
  const { networkFilter, transportSocket } = chain;
  const spoken = cluster.httpProtocols;
  if (networkFilter.kind !== "http-connection-manager" || spoken === undefined) return;
  const transport = innermost(transportSocket);
  const offered = transport.kind === "tls" ? transport.tls.alpnProtocols : [];
  const taken = takenByCodec(networkFilter.codec);
  const names = `cluster ${JSON.stringify(cluster.name)} speaks ${spoken.join(", ")}`;
  const refuseAt = (found: string) => {
    throw new TaplineError("configuration", `listener ${JSON.stringify(listener.name)} ${found}, and ${names}`, {
      place: networkFilter.place,
      hint: SPEAK,
    });
  };
  if (!taken.some((protocol) => spoken.includes(protocol))) refuseAt(`takes ${taken.join(", ")} (codec_type)`);
  const http = HTTP_PROTOCOLS.filter((protocol) => offered.includes(protocol));
  if (http.length > 0 && !http.some((protocol) => spoken.includes(protocol)))
    refuseAt(`offers ${http.join(", ")} (alpn_protocols)`);
  if (networkFilter.codec === "AUTO" && !spoken.includes("http/1.1") && !http.includes("h2"))
    warn(networkFilter.place, `${names}: requests in HTTP/1 that listener ${listener.name} takes are not translated`);
}

function takenByCodec(codec: HttpConnectionManagerConfig["codec"]): readonly HttpProtocol[] {
  if (codec === "AUTO") return ["h2", "http/1.1"];
  return codec === "HTTP1" ? ["http/1.1"] : ["h2"];
}
