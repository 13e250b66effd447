import { ATTRIBUTES } from "./attributes.ts";

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
  const near = known ?? nearest(name, [...ATTRIBUTES.map((attribute) => attribute.name)]);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** The name of `names` that is nearest to `name`, if it is near at all: at most a third of its letters are wrong. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** How many letters have to be inserted, deleted, replaced or swapped with their neighbour. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}
