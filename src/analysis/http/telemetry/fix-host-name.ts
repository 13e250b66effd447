import { parseGoUrl } from "../../../wire/cilium/go/url.ts";

/** The name of a service as APIClarity keeps it, and whether it is one that is known everywhere. */
export interface HostName {
  /** Empty where the authority is none. */
  readonly host: string;
  /** False for a name of one word without a namespace, and for none. */
  readonly isFixed: boolean;
}

/**
 * The name in an authority, without user and port, as the original filter makes it (its `fixHostname`): a name of one word gets the
 * namespace, and Kubernetes' suffixes go: `catalogue` in `sock-shop`, `catalogue.sock-shop.svc.cluster.local` → `catalogue.sock-shop`.
 *
 * @param namespace of the service; empty where it is not known
 * @param compat as the original: it knows no IPv6, and takes its own result for an authority once more when the response comes, if that is
 *   a word: `[::1]` is `:` then
 */
export function fixHostName(
  authority: string,
  namespace: string,
  { compat = false, isAnswered = true }: { readonly compat?: boolean; readonly isAnswered?: boolean } = {},
): HostName {
  if (!compat) return nameIn(authority, namespace, true);
  const first = nameIn(authority, "", false);
  return first.isFixed || !isAnswered ? first : nameIn(first.host, namespace, false);
}

function nameIn(authority: string, namespace: string, knowsIpv6: boolean): HostName {
  // The form of nearly every authority is told without taking it apart.
  const host = PLAIN.test(authority) ? authority.replace(/:\d*$/, "") : hostOfUrl(authority);
  if (host === "") return { host, isFixed: false };
  if (host.includes(":") && knowsIpv6) return { host, isFixed: true };
  if (!host.includes("."))
    return namespace === "" ? { host, isFixed: false } : { host: `${host}.${namespace}`, isFixed: true };
  let name = host;
  for (const suffix of SUFFIXES) if (name.endsWith(suffix)) name = name.slice(0, -suffix.length);
  return { host: name, isFixed: true };
}

const PLAIN = /^[\w.-]+(?::\d*)?$/;
const SUFFIXES = [".svc.cluster.local", ".svc.cluster", ".svc"];

function hostOfUrl(authority: string): string {
  const url = parseGoUrl(authority.includes("://") ? authority : `http://${authority}`);
  if ("error" in url) return "";
  const [, address] = /^\[([^\]]*)\]/.exec(url.host) ?? [];
  return address ?? url.host.replace(/:\d*$/, "");
}
