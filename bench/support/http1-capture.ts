import { CapturedConnection, CaptureFile } from "./capture-file.ts";

/** A browser's request: 541 bytes. */
export const REQUEST = lines(
  "GET /api/v1/items/12345?expand=all HTTP/1.1",
  "Host: www.example.com",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Encoding: gzip, deflate, br",
  "Accept-Language: en-US,en;q=0.5",
  "Cookie: session=abcdef0123456789abcdef0123456789; theme=dark; lang=en",
  "Connection: keep-alive",
  "Referer: https://www.example.com/index.html",
  "X-Request-Id: 7b1e5d2c-4b1a-4f6e-9d3a-111122223333",
);

/** curl's request: 91 bytes. */
export const SMALL_REQUEST = lines(
  "GET /index.html?id=12345 HTTP/1.1",
  "Host: example.com",
  "User-Agent: curl/8.5.0",
  "Accept: */*",
);

export function buildResponse(bodyBytes: number): Uint8Array {
  const head = lines(
    "HTTP/1.1 200 OK",
    "Server: nginx/1.24.0",
    "Date: Fri, 20 Nov 2026 10:54:45 GMT",
    "Content-Type: application/json",
    `Content-Length: ${bodyBytes}`,
    "Connection: keep-alive",
    'ETag: "abc-def"',
  );
  return Buffer.concat([head, buildJson(bodyBytes)]);
}

/** A list of items in so many bytes, the last of which may be spaces. */
function buildJson(size: number): Uint8Array {
  const items: string[] = [];
  for (let length = 0, id = 10_000; ; id++) {
    const item = JSON.stringify({ id, name: `item ${id}`, price: 12.5, tags: ["new", "sale"], stock: id % 7 === 0 });
    length += item.length + 1;
    if (length + 1 > size) break;
    items.push(item);
  }
  return Buffer.from(`[${items.join(",")}]`.padEnd(size));
}

/** Writes connections of a hundred pairs each, with bodies of so many bytes; gives the file's size. */
export function writeHttp1Capture(path: string, pairs: number, bodyBytes = 512): number {
  const file = new CaptureFile(path);
  const response = buildResponse(bodyBytes);
  for (let first = 0; first < pairs; first += 100) {
    const connection = new CapturedConnection(file, first / 100);
    connection.open();
    for (let i = first; i < Math.min(pairs, first + 100); i++) {
      connection.request(REQUEST);
      connection.response(response);
    }
    connection.close();
  }
  file.close();
  return file.size;
}

export function lines(...head: string[]): Uint8Array {
  return new Uint8Array(Buffer.from(`${head.join("\r\n")}\r\n\r\n`));
}
