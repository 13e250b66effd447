import { CapturedConnection, CaptureFile } from "./capture-file.ts";

/** How alike exchanges are, and how many share a connection. Each head has six fields. */
export interface ExchangeCaptureKind {
  /** The content of the bodies of responses: 300 bytes each. */
  readonly body: "text" | "json" | "binary";
  /** Whether one request and response comes again and again, or each has another path, host, identifier and body. */
  readonly alike: boolean;
  readonly requestsPerConnection: number;
}

/** Kinds of input that programs which read HTTP/1 may find of different ease. */
export const EXCHANGE_CAPTURES: Readonly<Record<string, ExchangeCaptureKind>> = {
  "text, all alike, 100 a connection": { body: "text", alike: true, requestsPerConnection: 100 },
  "text, all different, 1 a connection": { body: "text", alike: false, requestsPerConnection: 1 },
  "text, all different, 100 a connection": { body: "text", alike: false, requestsPerConnection: 100 },
  "text, all different, 10 000 a connection": { body: "text", alike: false, requestsPerConnection: 10_000 },
  "JSON, all different, 100 a connection": { body: "json", alike: false, requestsPerConnection: 100 },
  "binary, all different, 100 a connection": { body: "binary", alike: false, requestsPerConnection: 100 },
};

const BODY_BYTES = 300;

/** Writes so many pairs. Gives the file's size. */
export function writeExchangeCapture(path: string, kind: ExchangeCaptureKind, pairs: number): number {
  const file = new CaptureFile(path);
  const random = createRandom(7);
  let connection: CapturedConnection | undefined;
  const alike = [buildRequest(1, random), buildResponse(1, kind.body, random)] as const;
  for (let i = 0; i < pairs; i++) {
    if (i % kind.requestsPerConnection === 0) {
      connection?.close();
      connection = new CapturedConnection(file, i / kind.requestsPerConnection);
      connection.open();
    }
    connection!.request(kind.alike ? alike[0] : buildRequest(i, random));
    connection!.response(kind.alike ? alike[1] : buildResponse(i, kind.body, random));
  }
  connection?.close();
  file.close();
  return file.size;
}

type Random = () => number;

function buildRequest(i: number, random: Random): Buffer {
  return Buffer.from(
    [
      `GET /shops/${i % 97}/items/${i}?page=${i % 13}&q=${word(random)} HTTP/1.1`,
      `Host: shop-${i % 50}.example.com`,
      `User-Agent: Client/${i % 9}.${i % 31} (${word(random)})`,
      "Accept: application/json, text/plain, */*",
      `X-Request-Id: ${word(random)}-${word(random)}-${i}`,
      `Referer: https://shop-${i % 50}.example.com/${word(random)}`,
      "Connection: keep-alive",
      "",
      "",
    ].join("\r\n"),
  );
}

const STATUSES = ["200 OK", "200 OK", "200 OK", "201 Created", "304 Not Modified", "404 Not Found", "503 Unavailable"];
const TYPES = { text: "text/plain", json: "application/json", binary: "application/octet-stream" } as const;

function buildResponse(i: number, kind: ExchangeCaptureKind["body"], random: Random): Buffer {
  const status = STATUSES[i % STATUSES.length]!;
  const body = status.startsWith("304") ? Buffer.alloc(0) : buildBody(kind, random);
  const head = [
    `HTTP/1.1 ${status}`,
    "Server: nginx/1.24.0",
    `Date: Fri, 20 Nov 2026 10:${String(Math.floor(i / 60) % 60).padStart(2, "0")}:${String(i % 60).padStart(2, "0")} GMT`,
    `Content-Type: ${TYPES[kind]}`,
    ...(status.startsWith("304") ? [] : [`Content-Length: ${body.length}`]),
    `ETag: "${word(random)}"`,
    "Connection: keep-alive",
    "",
    "",
  ].join("\r\n");
  return Buffer.concat([Buffer.from(head), body]);
}

function buildBody(kind: ExchangeCaptureKind["body"], random: Random): Buffer {
  if (kind === "binary") return Buffer.from(Array.from({ length: BODY_BYTES }, () => random() * 256));
  let text = "";
  if (kind === "text") while (text.length < BODY_BYTES) text += `${word(random)} `;
  else {
    const members: string[] = [];
    for (let size = 2; size < BODY_BYTES - 30; size += members.at(-1)!.length + 1)
      members.push(`"${word(random)}":${members.length % 2 === 0 ? `"${word(random)}"` : Math.floor(random() * 1e6)}`);
    text = `{${members.join(",")}}`.padEnd(BODY_BYTES);
  }
  return Buffer.from(text.slice(0, BODY_BYTES));
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

function word(random: Random): string {
  let text = "";
  for (let left = 3 + Math.floor(random() * 7); left > 0; left--) text += LETTERS[Math.floor(random() * 26)];
  return text;
}

/** Numbers below 1, the same for the same seed (a linear congruential generator). */
function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
