import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { shareOf } from "../../../../test/support/share-of.ts";
import { decodeLatin1 } from "../../../wire/text/latin1.ts";
import { Redactor } from "../redactor.ts";

const redactor = new Redactor();
const PASSWORD = "swordfish";
const of = (...bytes: number[]): string => String.fromCharCode(...bytes);
const text16 = (text: string): string => of(0, text.length) + text;
const mqtt = (level: number, properties: string, flags: number, fields: string): string => {
  const content = `${text16("MQTT")}${of(level, flags, 0, 60)}${properties}${fields}`;
  return of(0x10, content.length) + content;
};
const ber = (tag: number, content: string): string => of(tag, content.length) + content;
const bind = (authentication: string): string =>
  ber(0x30, ber(2, of(1)) + ber(0x60, ber(2, of(3)) + ber(4, "cn=bob") + authentication));
const startup = `${of(0, 0, 0, 18, 0, 3, 0, 0)}user\0bob\0\0`;
const password = `p${of(0, 0, 0, PASSWORD.length + 5)}${PASSWORD}\0`;
const fields = `${text16("id")}${text16("bob")}${text16(PASSWORD)}`;

/** A client's bytes, and the answer. */
const LOGINS: Readonly<Record<string, readonly [client: string, server?: string]>> = {
  "MQTT 3.1.1": [mqtt(4, "", 0xc2, fields)],
  "MQTT 5 with properties": [mqtt(5, of(5, 0x11, 0, 0, 0, 10), 0xc2, fields)],
  "MQTT with a will": [
    mqtt(4, "", 0xc6, `${text16("id")}${text16("t")}${text16("gone")}${text16("bob")}${text16(PASSWORD)}`),
  ],
  "SOCKS 5": [`${of(5, 2, 0, 2)}${of(1, 3)}bob${of(PASSWORD.length)}${PASSWORD}GET / HTTP/1.1`],
  "LDAP, simple": [bind(ber(0x80, PASSWORD))],
  "LDAP, after another message": [ber(0x30, ber(2, of(1)) + ber(0x42, "")) + bind(ber(0x80, PASSWORD))],
  "LDAP, without a name": [ber(0x30, ber(2, of(1)) + ber(0x60, ber(2, of(3)) + ber(4, "") + ber(0x80, PASSWORD)))],
  "LDAP, SASL": [bind(ber(0xa3, ber(4, "PLAIN") + ber(4, `\0bob\0${PASSWORD}`)))],
  PostgreSQL: [startup + password],
  "PostgreSQL that asked for TLS": [of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f) + startup + password],
  "PostgreSQL that asked for GSSAPI, then for TLS": [
    of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x30) + of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f) + startup + password,
  ],
  AMQP: [`AMQP${of(0, 0, 9, 1)}\x05PLAIN${of(0, 0, 0, 14)}\0bob\0${PASSWORD}\x05en_US`],
  telnet: ["bob\r\nswordfish\r\nls\r\n", "login: Password: \r\nWelcome\r\n$ ".replace("login: ", "login: \r\n")],
};

for (const [name, [client, server = ""]] of Object.entries(LOGINS))
  test(`the password of ${name} is covered, and nothing else`, () => {
    const shown = show(client, server);
    assert.equal(shown.length, client.length);
    assert.ok(!shown.includes(PASSWORD), JSON.stringify(shown));
    const changed = [...client].flatMap((character, at) => (character === shown[at] ? [] : [at]));
    assert.ok(changed.at(-1)! - changed[0]! < PASSWORD.length + 5, JSON.stringify(shown));
    for (let length = 0; length < client.length; length++)
      assert.ok(!show(client.slice(0, length), server).includes(PASSWORD), `cut after ${length}`);
  });

test("what is no login stays as it is", () => {
  for (const [client, server] of [
    [mqtt(4, "", 0x02, text16("id")), ""],
    ["bob\r\nls\r\n", "login: \r\n$ "],
    [`${of(5, 1, 0)}${of(5, 1, 0, 1)}`, ""],
    [ber(0x30, ber(2, of(1)) + ber(0x42, "")), ""],
    [`${startup}Q${of(0, 0, 0, 13)}SELECT 1\0`, ""],
  ] as const)
    assert.equal(show(client, server), client);
});

test("logins that are repeated, or of which bytes were changed, are as long as they were", (t) => {
  const random = new Random(process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]));
  t.diagnostic(`SEED=${random.seed}`);
  for (const [name, [client, server = ""]] of Object.entries(LOGINS)) {
    const long = client.repeat(shareOf(262_144) / client.length);
    assert.equal(show(long, server).length, long.length);
    for (let round = 0; round < shareOf(200); round++) {
      const changed = [...client].map((one) => (random.chance(12) ? of(random.below(256)) : one)).join("");
      assert.equal(
        show(changed, server).length,
        changed.length,
        `${name}, SEED=${random.seed}, ${JSON.stringify(changed)}`,
      );
    }
  }
});

test("a login that never ends, and a password of a megabyte, are looked at like others", () => {
  const asking = of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f).repeat(shareOf(100_000));
  assert.equal(show(asking, ""), asking);
  const size = shareOf(1_000_000);
  const length = of(0, (size + 5) >> 16, ((size + 5) >> 8) & 255, (size + 5) & 255);
  assert.ok(!show(`${startup}p${length}${"s".repeat(size)}\0`, "").includes("sss"));
});

function show(client: string, server: string): string {
  const body = (text: string) => {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return { bytes, size: bytes.length, truncated: false, complete: true };
  };
  return decodeLatin1(redactor.opaque(body(client), body(server)).bytes);
}
