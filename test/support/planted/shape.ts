/** Bytes that one side of a connection sends. */
export type Piece = readonly ["client" | "server", Uint8Array];

/** A conversation with something in it that is looked for in every output. */
export interface Planted {
  readonly name: string;
  readonly pieces: readonly Piece[];
  /** Secrets, of which none may be shown; or values that only sound like one, which must be. */
  readonly texts: readonly string[];
}

/** Makes the conversation in which a secret stands. */
export type Plant = (secret: string) => readonly Piece[];

/** Plants of which each gets a secret of its own that nothing but its surroundings gives away. */
export function plantAll(plants: Readonly<Record<string, Plant>>, draw: (name: string) => string): Planted[] {
  return Object.entries(plants).map(([name, plant]) => {
    const secret = draw(name);
    return { name, pieces: plant(secret), texts: [secret] };
  });
}

export const client = (data: string | Uint8Array): Piece => ["client", bytesOf(data)];
export const server = (data: string | Uint8Array): Piece => ["server", bytesOf(data)];

const OK = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
const ASK = client("GET /orders HTTP/1.1\r\nHost: shop.example\r\n\r\n");

/** A request of these header lines. */
export function header(...lines: string[]): readonly Piece[] {
  return [
    client(`GET /orders HTTP/1.1\r\nHost: shop.example\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`),
    OK,
  ];
}

/** An answer with these header lines. */
export function answerHeader(...lines: string[]): readonly Piece[] {
  return [ASK, server(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\nok`)];
}

export function target(path: string, method = "GET"): readonly Piece[] {
  return [client(`${method} ${path} HTTP/1.1\r\nHost: shop.example\r\n\r\n`), OK];
}

/** A request with a body. */
export function sent(type: string, body: string | Uint8Array, ...lines: string[]): readonly Piece[] {
  const bytes = bytesOf(body);
  const head = `POST /orders HTTP/1.1\r\nHost: shop.example\r\n${type === "" ? "" : `Content-Type: ${type}\r\n`}${lines.map((line) => `${line}\r\n`).join("")}Content-Length: ${bytes.length}\r\n\r\n`;
  return [client(join(head, bytes)), OK];
}

/** An answer with a body. */
export function answer(type: string, body: string | Uint8Array, ...lines: string[]): readonly Piece[] {
  const bytes = bytesOf(body);
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n${lines.map((line) => `${line}\r\n`).join("")}Content-Length: ${bytes.length}\r\n\r\n`;
  return [ASK, server(join(head, bytes))];
}

export const json = (value: unknown): readonly Piece[] => sent("application/json", JSON.stringify(value));

/** Lines of both sides: `C: …` and `S: …`. */
export function lines(...script: string[]): readonly Piece[] {
  return script.map((line) => (line.startsWith("C: ") ? client : server)(`${line.slice(3)}\r\n`));
}

export function base64(text: string | Uint8Array): string {
  return Buffer.from(text as string).toString("base64");
}

export function join(...parts: readonly (string | Uint8Array)[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map(bytesOf)));
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? new Uint8Array(Buffer.from(data)) : data;
}
