import { spawnSync } from "node:child_process";

/**
 * The exchanges that tshark finds in a capture, each as `METHOD PATH STATUS REQUEST-BYTES RESPONSE-BYTES` with `-` for what it
 * does not show; bodies as on the wire without transfer coding. HTTP/1 pairs are tshark's own, HTTP/2 is put together by stream.
 * @param decodeAs `-d`: what tshark does not recognise by itself
 */
export function findWithTshark(file: string, decodeAs: readonly string[] = []): string[] {
  const flags = ["-Y", "http or http2", "-o", "http.decompress_body:FALSE", "-T", "pdml"];
  const run = spawnSync("tshark", ["-r", file, ...decodeAs.flatMap((as) => ["-d", as]), ...flags], {
    encoding: "latin1",
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const packets = run.stdout.split("<packet>").slice(1).map(parsePacket);
  return [...pairHttp1(packets), ...groupHttp2(packets)];
}

interface Field {
  readonly name: string;
  readonly show: string;
  readonly size: number;
  /** tshark's line for it. */
  readonly shown: string;
}

interface Packet {
  readonly number: string;
  readonly stream: string;
  readonly sender: string;
  readonly layers: readonly { readonly name: string; readonly fields: readonly Field[] }[];
}

function parsePacket(pdml: string): Packet {
  const layers = pdml
    .split(/<proto name="/)
    .slice(1)
    .map((text) => ({
      name: text.slice(0, text.indexOf('"')),
      fields: [...text.matchAll(/<field ([^>]*)>/g)].map(([, attributes]) => parseField(attributes!)),
    }));
  const find = (name: string): string =>
    layers.flatMap(({ fields }) => fields).find((f) => f.name === name)?.show ?? "";
  return { number: find("frame.number"), stream: find("tcp.stream"), sender: find("tcp.srcport"), layers };
}

function parseField(attributes: string): Field {
  const found = new Map(
    [...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, unescapeXml(value!)]),
  );
  const show = found.get("show") ?? "";
  return {
    name: found.get("name") ?? "",
    size: Number(found.get("size") ?? 0),
    show,
    shown: found.get("showname") ?? show,
  };
}

function pairHttp1(packets: readonly Packet[]): string[] {
  const found: { request?: readonly Field[]; response?: readonly Field[] }[] = [];
  const requests = new Map<string, (typeof found)[number]>();
  for (const { number, layers } of packets)
    for (const { name, fields } of layers) {
      if (name !== "http") continue;
      if (has(fields, "http.request.method")) {
        const exchange = { request: fields };
        requests.set(number, exchange);
        found.push(exchange);
      } else if (has(fields, "http.response.code") && !/^1/.test(show(fields, "http.response.code"))) {
        const exchange = requests.get(show(fields, "http.request_in"));
        if (exchange !== undefined && exchange.response === undefined) exchange.response = fields;
        else found.push({ response: fields });
      }
    }
  return found.map(({ request = [], response = [] }) =>
    [
      show(request, "http.request.method"),
      show(request, "http.request.uri"),
      show(response, "http.response.code"),
      bodySize(request),
      bodySize(response),
    ].join(" "),
  );
}

/** For a coded body, which tshark keeps coded as told, only a line of text has the size. */
function bodySize(fields: readonly Field[]): string {
  const coded = fields.map(({ shown }) => /^Content-encoded entity body \(.*?\): (\d+) bytes/.exec(shown)?.[1]);
  return (
    coded.find((size) => size !== undefined) ?? String(fields.find(({ name }) => name === "http.file_data")?.size ?? 0)
  );
}

function groupHttp2(packets: readonly Packet[]): string[] {
  const streams = new Map<
    string,
    { method: string; path: string; status: string; sent: Map<string, number>; server: string }
  >();
  for (const { stream, sender, layers } of packets)
    for (const { name, fields } of layers) {
      const type = show(fields, "http2.type");
      if (name !== "http2" || !["0", "1", "5"].includes(type)) continue;
      const id = type === "5" ? show(fields, "http2.push_promise.promised_stream_id") : show(fields, "http2.streamid");
      const key = `${stream}/${id}`;
      const known = streams.get(key) ?? { method: "-", path: "-", status: "-", sent: new Map(), server: "" };
      streams.set(key, known);
      if (has(fields, "http2.headers.method")) known.method = show(fields, "http2.headers.method");
      if (has(fields, "http2.headers.path")) known.path = show(fields, "http2.headers.path");
      if (has(fields, "http2.headers.status")) {
        known.status = show(fields, "http2.headers.status");
        known.server = sender;
      }
      if (type !== "0") continue;
      const padding = has(fields, "http2.flags.padded") && show(fields, "http2.flags.padded") === "1";
      const data = Number(show(fields, "http2.length")) - (padding ? Number(show(fields, "http2.pad_length")) + 1 : 0);
      known.sent.set(sender, (known.sent.get(sender) ?? 0) + data);
    }
  return [...streams.values()].map(({ method, path, status, sent, server }) => {
    const client = [...sent].filter(([sender]) => sender !== server).reduce((sum, [, size]) => sum + size, 0);
    return `${method} ${path} ${status} ${client} ${sent.get(server) ?? 0}`;
  });
}

function has(fields: readonly Field[], name: string): boolean {
  return fields.some((field) => field.name === name);
}

function show(fields: readonly Field[], name: string): string {
  return fields.find((field) => field.name === name)?.show ?? "-";
}

function unescapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole);
}
