import type { HostUnknown, NameCache } from "../cluster/name-cache.ts";
import type { Host } from "../cluster/resolve-endpoints.ts";
import type { TargetCluster } from "../config/routes/route-table.ts";
import { isSwitchedOn } from "../config/routes/settle-routing.ts";
import type { ForwardedHead, HeadParts } from "./forwarded-head.ts";
import { rewriteHost } from "./headers/rewrite-host.ts";
import type { LocalAnswer } from "./local-answer.ts";
import type { UpstreamRequest } from "./upstream-exchange.ts";

/**
 * The host that the request names, and the request as it is sent there: the filter has looked it up before the route's rewriting, as
 * the client or the filter's own configuration names it; the cluster looks up what the rewriting made of it.
 *
 * @param fail given the answer, where it is known why there is none
 * @returns undefined where the cluster knows none
 */
export async function findNamedHost(
  head: ForwardedHead,
  names: NameCache,
  cluster: TargetCluster,
  { route, host: virtualHost, router }: HeadParts,
  fail: (answer: LocalAnswer) => void,
): Promise<{ host: Host; request: UpstreamRequest } | undefined> {
  const { forwardProxy, table } = router.manager;
  const levels = [cluster, route, virtualHost, table];
  let host: Host | undefined;
  if (forwardProxy !== undefined && isSwitchedOn(forwardProxy.name, forwardProxy.isDisabled, levels)) {
    const rewrite = levels.find(({ dialledHost }) => dialledHost !== undefined)?.dialledHost;
    const authority = rewriteHost(rewrite, head.request.headers, "") || head.request.authority;
    if (authority === "") {
      fail({ status: 400, text: "Empty host header" });
      return undefined;
    }
    head.request = { ...head.request, authority };
    try {
      host = await names.find(authority);
    } catch (error) {
      const { why } = error as HostUnknown;
      // The bounds are those of the cluster's cache, which need not be the filter's.
      if (why !== "unresolved" && forwardProxy.names.name !== names.name) return undefined;
      fail({ status: 503, text: LOOKUP_FAILURES[why] });
      return undefined;
    }
  }
  let request = head.prepare(cluster, host);
  try {
    if (host === undefined) {
      host = await names.find(request.authority);
      // The host may be rewritten by what was found.
      request = head.prepare(cluster, host);
    } else if (request.authority !== head.request.authority) host = await names.find(request.authority);
    return { host, request };
  } catch {
    return undefined;
  }
}

/** As the dynamic forward proxy of Envoy answers. */
const LOOKUP_FAILURES = {
  unresolved: "DNS resolution failure",
  overflow: "DNS cache overflow",
  "pending-overflow": "Dynamic forward proxy pending request overflow",
} as const;
