import type { ByteString } from "./byte-string.ts";
import { quote } from "./quote.ts";
import { UrlError } from "./url-error.ts";
import { escapeUrl, unescapeUrl } from "./url-escape.ts";

export { UrlError } from "./url-error.ts";

/** Go's parseAuthority: `user:password@host:port`. @throws UrlError */
export function parseUrlHost(authority: ByteString): { user: ByteString | undefined; host: ByteString } {
  const at = authority.lastIndexOf("@");
  const host = parseHost(authority.slice(at + 1));
  if (at < 0) return { user: undefined, host };
  const info = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(info)) throw new UrlError("net/url: invalid userinfo");
  const colon = info.indexOf(":");
  const encode = (text: ByteString) => escapeUrl(unescapeUrl(text, "user"), "user");
  return { user: colon < 0 ? encode(info) : `${encode(info.slice(0, colon))}:${encode(info.slice(colon + 1))}`, host };
}

function parseHost(host: ByteString): ByteString {
  if (host.startsWith("[")) {
    const close = host.lastIndexOf("]");
    if (close < 0) throw new UrlError("missing ']' in host");
    checkPort(host.slice(close + 1));
    const zone = host.slice(0, close).indexOf("%25");
    if (zone >= 0)
      return (
        unescapeUrl(host.slice(0, zone), "host") +
        unescapeUrl(host.slice(zone, close), "zone") +
        unescapeUrl(host.slice(close), "host")
      );
  } else {
    const colon = host.lastIndexOf(":");
    if (colon >= 0) checkPort(host.slice(colon));
  }
  return unescapeUrl(host, "host");
}

function checkPort(port: ByteString): void {
  if (!/^(:\d*)?$/.test(port)) throw new UrlError(`invalid port ${quote(port)} after host`);
}
