/** As start lines have it: `HTTP/1.1`, `HTTP/2`. @param protocol `http/1.1`, `h2` */
export function httpVersion(protocol: string): string {
  return protocol === "h2" ? "HTTP/2" : protocol.toUpperCase();
}
