import { suggestName } from "../../wire/text/suggest-name.ts";
import { ATTRIBUTES } from "./attributes/table.ts";

/** What people call things elsewhere, and what they are called here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  method: "request.method",
  "http.request.method": "request.method",
  path: "request.url_path",
  url: "request.path",
  uri: "request.path",
  "request.url": "request.path",
  "request.uri": "request.path",
  "http.request.uri": "request.path",
  status: "response.code",
  code: "response.code",
  "response.status": "response.code",
  "response.status_code": "response.code",
  "http.response.code": "response.code",
  authority: "request.host",
  "request.authority": "request.host",
  "http.host": "request.host",
  "request.body_size": "request.size",
  "response.body_size": "response.size",
  "request.user_agent": "request.useragent",
  "response.time": "request.duration",
  latency: "duration",
  host: "host 10.0.0.1",
  "ip.addr": "host 10.0.0.1",
  "ip.src": "source.address",
  "ip.dst": "destination.address",
  port: "port 8080",
  "tcp.port": "port 8080",
  "tcp.srcport": "source.port",
  "tcp.dstport": "destination.port",
};

/** The attribute that was probably meant, as a question; undefined when nothing is near. */
export function suggestAttribute(name: string): string | undefined {
  const known = ELSEWHERE[name.toLowerCase()];
  const near =
    known ??
    suggestName(
      name,
      ATTRIBUTES.map((attribute) => attribute.name),
    );
  return near === undefined ? undefined : `did you mean ${near}?`;
}
