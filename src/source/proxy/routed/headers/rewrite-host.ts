import type { Host } from "../../cluster/resolve-endpoints.ts";
import type { HostRewrite } from "../../config/routes/route-table.ts";
import { type HeaderList, headerValue } from "./header-list.ts";

/**
 * The host that a rewriting makes of a request's.
 *
 * @param endpoint the name of where the request goes; "" where it has none
 * @returns undefined where it stays as it is
 */
export function rewriteHost(
  rewrite: HostRewrite | undefined,
  headers: HeaderList,
  endpoint: string,
): string | undefined {
  if (rewrite === undefined) return undefined;
  if (rewrite.kind === "literal") return rewrite.value;
  if (rewrite.kind === "header") return headerValue(headers, rewrite.header) || undefined;
  return endpoint === "" ? undefined : endpoint;
}

/** An authority's host without the port, and an address of IPv6 without its brackets. */
export function hostOf(authority: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(authority)?.[1] ?? authority.replace(/:\d+$/, "");
}

/** The name of an endpoint, or its address. */
export function nameOf({ endpoint, address }: Host): string {
  const name = endpoint?.hostname ?? (endpoint?.address.kind === "ip" ? endpoint.address.address : undefined);
  return name ?? (address.kind === "ip" ? address.address : "");
}
