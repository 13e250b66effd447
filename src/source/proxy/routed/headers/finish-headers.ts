import type { HttpSettings } from "../../config/http/http-settings.ts";
import { appendHeader, appendValue, type HeaderList, headerValue, setHeader } from "./header-list.ts";

/** Adds what every response of this proxy has. */
export function finishHeaders(headers: HeaderList, { serverHeader, serverName, via }: HttpSettings): void {
  if (serverHeader === "OVERWRITE") setHeader(headers, "server", serverName);
  else if (serverHeader === "APPEND_IF_ABSENT" && headerValue(headers, "server") === undefined)
    appendHeader(headers, "server", serverName);
  if (headerValue(headers, "date") === undefined) appendHeader(headers, "date", new Date().toUTCString());
  if (via !== "") appendValue(headers, "via", via, ", ");
}
