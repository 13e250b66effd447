import { isLoopback } from "../../source/loopback.ts";

/** Whether a Host header names this machine by `localhost` or a loopback address, whatever the port. */
export function isAllowedHost(host: string | undefined): boolean {
  if (host === undefined) return false;
  const name = host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");
  return name.toLowerCase() === "localhost" || isLoopback(name);
}
