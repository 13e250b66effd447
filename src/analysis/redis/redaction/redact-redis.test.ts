import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkDocument } from "../../../../test/support/check-document.ts";
import { type Step, understand } from "../../../../test/support/conversation.ts";
import type { Exchange } from "../../../model/index.ts";
import { fieldsOf } from "../../../wire/json/fields.ts";
import { EXCHANGE_CODEC, exchangeDocument, rowOf } from "../../protocols/index.ts";
import { Redactor } from "../../redaction/index.ts";

const SECRET = "hunter2-kB9x";
const command = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const array = (...items: readonly string[]): string => `*${items.length}\r\n${items.map(bulk).join("")}`;

/** Everything that is shown of them. */
function show(exchanges: readonly Exchange[], redactor: Redactor | undefined): string {
  return exchanges
    .map((exchange) => {
      const row = rowOf(exchange);
      const shown = row.present(exchange, { decode: () => undefined as never, redactor });
      return JSON.stringify([exchangeDocument(shown), row.cells(shown), row.details(shown, { bodies: true })]);
    })
    .join("\n");
}

describe("redactRedisExchange", () => {
  const CASES: readonly [what: string, ...steps: (readonly [client: string, server: string])[]][] = [
    ["AUTH", [command("AUTH", SECRET), "+OK\r\n"]],
    ["AUTH of a user", [command("AUTH", "ann", SECRET), "+OK\r\n"]],
    ["AUTH in a line", [`auth ${SECRET}\r\n`, "+OK\r\n"]],
    ["HELLO", [command("HELLO", "3", "AUTH", "ann", SECRET), `%1\r\n${bulk("proto")}:3\r\n`]],
    ["ACL SETUSER", [command("ACL", "SETUSER", "ann", "on", `>${SECRET}`, "~*"), "+OK\r\n"]],
    ["MIGRATE", [command("MIGRATE", "h", "6379", "k", "0", "10", "AUTH", SECRET), "+OK\r\n"]],
    ["MIGRATE as a user", [command("MIGRATE", "h", "6379", "k", "0", "10", "AUTH2", "ann", SECRET), "+OK\r\n"]],
    ["CONFIG SET", [command("CONFIG", "SET", "maxmemory", "1", "requirepass", SECRET), "+OK\r\n"]],
    ["CONFIG GET", [command("CONFIG", "GET", "*pass"), array("requirepass", SECRET)]],
    ["SET of a key", [command("SET", "user:17:password", SECRET), "+OK\r\n"]],
    ["GET of a key", [command("GET", "user:17:password"), bulk(SECRET)]],
    ["MGET", [command("MGET", "a", "api_key", "b"), array("x", SECRET, "y")]],
    ["HSET", [command("HSET", "user:1", "name", "ann", "password", SECRET), ":2\r\n"]],
    ["HGET", [command("HGET", "user:1", "password"), bulk(SECRET)]],
    ["HMGET", [command("HMGET", "user:1", "name", "password"), array("ann", SECRET)]],
    ["HGETALL", [command("HGETALL", "user:1"), array("name", "ann", "password", SECRET)]],
    ["HGETALL of RESP3", [command("HGETALL", "user:1"), `%1\r\n${bulk("password")}${bulk(SECRET)}`]],
    ["XADD", [command("XADD", "s", "MAXLEN", "~", "1000", "*", "user", "ann", "password", SECRET), bulk("1-0")]],
    [
      "XRANGE",
      [command("XRANGE", "s", "-", "+"), `*1\r\n*2\r\n${bulk("1-0")}${array("user", "ann", "password", SECRET)}`],
    ],
    [
      "XREAD",
      [
        command("XREAD", "STREAMS", "s", "0"),
        `*1\r\n*2\r\n${bulk("s")}*1\r\n*2\r\n${bulk("1-0")}${array("password", SECRET)}`,
      ],
    ],
    ["HSCAN", [command("HSCAN", "user:1", "0"), `*2\r\n${bulk("0")}${array("password", SECRET)}`]],
    ["HSETEX", [command("HSETEX", "u", "EX", "9", "FIELDS", "1", "password", SECRET), ":1\r\n"]],
    ["HGETDEL", [command("HGETDEL", "u", "FIELDS", "2", "name", "password"), array("ann", SECRET)]],
    ["HRANDFIELD", [command("HRANDFIELD", "u", "2", "WITHVALUES"), array("name", "ann", "password", SECRET)]],
    ["HRANDFIELD of RESP3", [command("HRANDFIELD", "u", "1", "WITHVALUES"), `*1\r\n${array("password", SECRET)}`]],
    ["JSON.SET", [command("JSON.SET", "doc", "$.password", `"${SECRET}"`), "+OK\r\n"]],
    ["JSON.GET", [command("JSON.GET", "doc", "$.password"), bulk(`["${SECRET}"]`)]],
    ["RESTORE", [command("RESTORE", "password", "0", SECRET), "+OK\r\n"]],
    ["LSET", [command("LSET", "passwords", "0", SECRET), "+OK\r\n"]],
    ["ZRANGE", [command("ZRANGE", "tokens", "0", "-1"), array(SECRET)]],
    ["BLPOP", [command("BLPOP", "passwords", "0"), array("passwords", SECRET)]],
    ["LMPOP", [command("LMPOP", "1", "passwords", "LEFT"), `*2\r\n${bulk("passwords")}${array(SECRET)}`]],
    ["a script", [command("EVAL", "return 1", "1", "password", SECRET), bulk(SECRET)]],
    // Numbers of keys that cannot be: counted from, these would never come to their end.
    ...["-1", "-1e15", "-Infinity", "x"].map((keys): [string, readonly [string, string]] => [
      `a script with ${keys} keys`,
      [command("EVAL", "return 1", keys, "password", SECRET), bulk(SECRET)],
    ]),
    ["SLOWLOG", [command("SLOWLOG", "GET"), `*1\r\n*4\r\n:1\r\n:2\r\n:3\r\n${array("SET", "password", SECRET)}`]],
    ["an attribute", [command("ECHO", "x"), `|1\r\n${bulk("password")}${bulk(SECRET)}${bulk("x")}`]],
    [
      "a message by a pattern",
      [
        command("PSUBSCRIBE", "user.*"),
        array("psubscribe", "user.*")
          .replace("*2", "*3")
          .concat(":1\r\n", array("pmessage", "user.*", "user.password", SECRET)),
      ],
    ],
    ["SENTINEL SET", [command("SENTINEL", "SET", "main", "auth-pass", SECRET), "+OK\r\n"]],
    ["JSON in a value", [command("SET", "k", `{"client_secret":"${SECRET}"}`), "+OK\r\n"]],
    [
      "a transaction",
      [command("MULTI") + command("GET", "password") + command("EXEC"), `+OK\r\n+QUEUED\r\n${array(SECRET)}`],
    ],
    [
      "a published message",
      [
        command("SUBSCRIBE", "user.password"),
        array("subscribe", "user.password")
          .replace("*2", "*3")
          .concat(":1\r\n", array("message", "user.password", SECRET)),
      ],
    ],
    ["MONITOR", [command("MONITOR"), `+OK\r\n+1339518083.107412 [0 127.0.0.1:60866] "set" "password" "${SECRET}"\r\n`]],
  ];
  for (const [what, ...turns] of CASES)
    it(`hides the secret of ${what}`, () => {
      const steps = turns.flatMap(([client, server]): Step[] => [
        ["client", client],
        ["server", server],
      ]);
      const { emitted } = understand(steps);
      for (const exchange of emitted) assert.equal(exchange.kind, "redis");
      assert.ok(show(emitted, undefined).includes(SECRET));
      const shown = show(emitted, new Redactor());
      assert.ok(!shown.includes(SECRET), shown);
      assert.match(shown, /redacted-/);
    });

  it("hides the hashes of passwords in the rules of users, not their other rules", () => {
    const hash = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
    const { emitted } = understand([
      ["client", command("ACL", "LIST")],
      ["server", array(`user ann on #${hash} ~* +@all`)],
    ]);
    const shown = show(emitted, new Redactor());
    assert.ok(!shown.includes(hash));
    assert.match(shown, /user ann on #\S*redacted\S* ~\* \+@all/);
  });

  it("leaves what is no secret", () => {
    const { emitted } = understand([
      [
        "client",
        command("SET", "greeting", "hello there") + command("GET", "greeting") + command("CONFIG", "GET", "maxmemory"),
      ],
      ["server", `+OK\r\n${bulk("hello there")}${array("maxmemory", "0")}`],
    ]);
    assert.equal(show(emitted, new Redactor()), show(emitted, undefined));
  });
});

describe("documents of Redis", () => {
  it("are read back without loss", () => {
    const { emitted, connection } = understand([
      ["client", `${command("MULTI")}${command("SET", "k", "\x00\xff")}${command("EXEC")}PING x\r\n`],
      ["server", "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n"],
      ["server", `|1\r\n+a\r\n,1.5\r\n%2\r\n+x\r\n#t\r\n+y\r\n~1\r\n_\r\n`],
      ["server", `>2\r\n${bulk("invalidate")}*0\r\n`],
      ["client", command("CLIENT", "REPLY", "OFF")],
    ]);
    assert.equal(emitted.length, 6);
    for (const exchange of emitted) {
      const document = JSON.parse(JSON.stringify(exchangeDocument(exchange)));
      checkDocument(document);
      assert.deepEqual(EXCHANGE_CODEC.readDocument(fieldsOf(document), connection), exchange);
    }
  });
});
