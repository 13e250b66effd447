import assert from "node:assert/strict";
import { test } from "node:test";
import { type Step, summarize, understand } from "../../../test/support/conversation.ts";

const GET = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const FOUND = 'GET /a → 200 "ok" | complete';
const CLOSE: Step = ["close", "fin"];
const METHODS = "\x05\x01\0";
const TO_ADDRESS = "\x05\x01\0\x01\x02\0\0\x01\0P";
const TO_NAME = "\x05\x01\0\x03\x04host\x50\x50";
const REPLY = "\x05\0\0\x01\0\0\0\0PP";
const LOGIN = "\x01\x03bob\x06secret";

const CASES: Record<string, readonly Step[]> = {
  "a request before the proxy's answer": [
    ...[client(METHODS), server("\x05\0"), client(TO_ADDRESS + GET), server(REPLY), server(OK)],
  ],
  "a request before any answer": [client(METHODS + TO_NAME + GET), server(`\x05\0${REPLY}${OK}`)],
  "a login and a request before any answer": [
    ...[client(`\x05\x02\0\x02${LOGIN}${TO_ADDRESS}${GET}`), server("\x05\x02"), server(`\x01\0${REPLY}${OK}`)],
  ],
  "a login, each in its turn": [
    ...[client("\x05\x01\x02"), server("\x05\x02"), client(LOGIN), server("\x01\0")],
    ...[client(TO_NAME), server(REPLY), client(GET), server(OK)],
  ],
  "an address of IPv6, and a reply with a name": [
    client(METHODS),
    server("\x05\0"),
    client(`\x05\x01\0\x04${"\0".repeat(15)}\x01\0P${GET}`),
    server(`\x05\0\0\x03\x01h\0P${OK}`),
  ],
  "a client that waits for a connection, told in two replies": [
    ...[client(METHODS), server("\x05\0"), client(TO_ADDRESS.replace("\x05\x01", "\x05\x02")), server(REPLY)],
    ...[server(REPLY), client(GET), server(OK)],
  ],
  "SOCKS 4, a request before the answer": [client(`\x04\x01\0P\x7f\0\0\x01bob\0${GET}`), server(`\0Z\0P\0\0\0\0${OK}`)],
  "SOCKS 4a": [client("\x04\x01\0P\0\0\0\x01\0host\0"), server("\0Z\0P\0\0\0\0"), client(GET), server(OK)],
  "a method that is another protocol's": [
    ...[client("\x05\x01\x01"), server("\x05\x01"), client("\x01\x01\0\x02ab"), server("\x01\x01\0\x02cd")],
    ...[client(GET), server(OK)],
  ],
};

for (const [name, steps] of Object.entries(CASES))
  test(`SOCKS: ${name}, however it is cut`, () => {
    assert.deepEqual(
      kindsOf([...steps, CLOSE]).filter((found) => !found.includes("| tcp")),
      [FOUND],
    );
  });

test("the handshake is one exchange, and what it opens that is no HTTP another", () => {
  const steps = [client(METHODS), server("\x05\0"), client(`${TO_ADDRESS}\x01\x02`), server(`${REPLY}\x03`), CLOSE];
  assert.deepEqual(kindsOf(steps), [
    String.raw`"\u0005\u0001\u0000\u0005\u0001\u0000\u0001\u0002\u0000\u0000\u0001\u0000P" → "\u0005\u0000\u0005\u0000\u0000\u0001\u0000\u0000\u0000\u0000PP" | tcp complete`,
    String.raw`"\u0001\u0002" → "\u0003" | tcp complete`,
  ]);
});

test("a handshake of which a part was not captured: what follows is searched", () => {
  const steps: readonly Step[] = [client(METHODS), server("\x05\0"), ["client-gap", 10], server(REPLY), client(GET)];
  const found = kindsOf([...steps, server(OK), CLOSE]);
  // Another request may be missing, with this answer.
  assert.ok(
    found.some((one) => one.includes("GET /a →")) && found.some((one) => one.includes("→ 200")),
    found.join("\n"),
  );
});

const OTHERS: Record<string, readonly Step[]> = {
  "Cassandra's OPTIONS": [client("\x04\0\0\0\x05\0\0\0\0"), server("\x84\0\0\0\x06\0\0\0\x02\0\0")],
  "a compressed frame of Cassandra": [client("\x04\x01\0\0\x05\0\0\0\x01\0"), server("\x84\0\0\0\x06\0\0\0\x02\0\0")],
  "DCE/RPC's bind": [
    client("\x05\0\x0b\x03\x10\0\0\0H\0\0\0\x01\0\0\0"),
    server("\x05\0\x0c\x03\x10\0\0\0D\0\0\0\x01"),
  ],
  "methods that are answered with what is none": [client(METHODS), server("\x06\0"), client(TO_ADDRESS), server(REPLY)],
  "a method that was not offered": [client(METHODS), server("\x05\x02"), client(LOGIN), server("\x01\0")],
};

for (const [name, steps] of Object.entries(OTHERS))
  test(`no SOCKS: ${name}`, () => {
    const found = kindsOf([...steps, CLOSE]);
    assert.equal(found.length, 1, found.join("\n"));
    assert.ok(found[0]!.includes("| tcp complete"));
  });

/** The same at every cut. */
function kindsOf(steps: readonly Step[]): string[] {
  const [whole, ...cut] = [Number.POSITIVE_INFINITY, 1, 2, 3, 7].map((pieceSize) => {
    const { exchanges, analyzer } = understand(steps, { pieceSize });
    assert.ok(analyzer.ledger.balanced, analyzer.ledger.format().join("\n"));
    return exchanges.map(summarize);
  });
  for (const found of cut) assert.deepEqual(found, whole);
  return whole!;
}

function client(text: string): Step {
  return ["client", text];
}

function server(text: string): Step {
  return ["server", text];
}
