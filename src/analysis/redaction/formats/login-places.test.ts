import assert from "node:assert/strict";
import { test } from "node:test";
import { findLogins } from "./find-logins.ts";

const of = (...bytes: number[]): string => String.fromCharCode(...bytes);
// Bytes as letters; « and » are none of these.
const text16 = (text: string): string => of(lengthOf(text) >> 8, lengthOf(text) & 255) + text;
const long = (text: string): string => of(0, 0, lengthOf(text) >> 8, lengthOf(text) & 255) + text;
const ber = (tag: number, content: string, form = 0): string => {
  const length = lengthOf(content);
  const octets = Array.from({ length: form }, (_, at) => (length >> (8 * (form - 1 - at))) & 255);
  return (form === 0 ? of(tag, length) : of(tag, 0x80 | form, ...octets)) + content;
};
const mqtt = (name: string, level: number, flags: number, rest: string, size = of(0xff, 1)): string =>
  of(0x10) + size + text16(name) + of(level, flags, 0, 60) + rest;
const bind = (authentication: string, form = 0): string =>
  ber(0x30, ber(2, of(1)) + ber(0x60, ber(2, of(3)) + ber(4, "cn=bob") + authentication, form), form);
const unbind = ber(0x30, ber(2, of(1)) + ber(0x42, ""));
const startup = `${of(0, 0, 0, 18, 0, 3, 0, 0)}user\0bob\0\0`;
const query = `Q${of(0, 0, 0, 7)}ab\0`;
const phrase = (text: string): string => `p${of(0, 0, 0, lengthOf(text) + 4)}${text}`;
const [ID, WILL, TOPIC, NAME, WORD] = [text16("id"), text16("gone"), text16("t"), text16("bob"), text16("«fish»")];

/** In each the password stands in «», where it is found. */
const CLIENTS: Readonly<Record<string, string>> = {
  "MQTT 3.1": mqtt("MQIsdp", 3, 0xc2, ID + NAME + WORD),
  "MQTT 3.1.1": mqtt("MQTT", 4, 0xc2, `${ID}${NAME}${WORD}more`),
  "MQTT without a name": mqtt("MQTT", 4, 0x42, ID + WORD),
  "MQTT without a password": mqtt("MQTT", 4, 0x82, ID + NAME + text16("x")),
  "MQTT with a will": mqtt("MQTT", 4, 0xc6, ID + TOPIC + WILL + NAME + WORD),
  "MQTT 5": mqtt("MQTT", 5, 0xc2, of(0) + ID + NAME + WORD),
  "MQTT 5 with properties": mqtt("MQTT", 5, 0xc2, of(5, 0x11, 0, 0, 0, 10) + ID + NAME + WORD),
  "MQTT 5 with many": mqtt("MQTT", 5, 0xc2, `${of(0x80 | 44, 1)}${"x".repeat(172)}${ID}${NAME}${WORD}`),
  "MQTT 5 with a will": mqtt("MQTT", 5, 0xc6, of(0) + ID + of(2, 1, 1) + TOPIC + WILL + NAME + WORD),
  "MQTT of a size of one byte": mqtt("MQTT", 4, 0xc2, ID + NAME + WORD, of(0x7f)),
  "MQTT of a size of four bytes": mqtt("MQTT", 4, 0xc2, ID + NAME + WORD, of(0xff, 0xff, 0xff, 0x7f)),
  "MQTT of a size of five bytes": mqtt("MQTT", 4, 0xc2, ID + NAME + text16("x"), of(0xff, 0xff, 0xff, 0xff, 1)),
  "MQTT of another name": mqtt("MQTTX", 4, 0xc2, ID + NAME + text16("x")),
  "MQTT's other packets": of(0x20) + mqtt("MQTT", 4, 0xc2, ID + NAME + text16("x")).slice(1),
  "MQTT, cut in its password": mqtt("MQTT", 4, 0xc2, ID + NAME + text16("x").slice(0, -1)),
  "MQTT, a password of 300": mqtt("MQTT", 4, 0xc2, ID + NAME + text16(`«${"x".repeat(300)}»`)),
  "SOCKS 5": `${of(5, 2, 0, 2, 1, 3)}bob${of(4)}«fish»GET /`,
  "SOCKS 5 with one way": `${of(5, 1, 2, 1, 3)}bob${of(4)}«fish»`,
  "SOCKS 5 without a name": `${of(5, 1, 2, 1, 0, 4)}«fish»`,
  "SOCKS 5 without login": of(5, 1, 0, 5, 1, 0, 1),
  "SOCKS 5, cut": `${of(5, 1, 2, 1, 3)}bob${of(4)}fis`,
  "SOCKS 4": `${of(4, 1, 2, 1, 3)}bob${of(4)}fish`,
  LDAP: bind(ber(0x80, "«fish»")),
  "LDAP with lengths of one byte more": bind(ber(0x80, "«fish»", 1), 1),
  "LDAP with lengths of four": bind(ber(0x80, "«fish»", 4), 4),
  "LDAP with lengths of five": bind(ber(0x80, "fish", 5)),
  "LDAP behind fifteen messages": unbind.repeat(15) + bind(ber(0x80, "«fish»")),
  "LDAP behind sixteen": unbind.repeat(16) + bind(ber(0x80, "fish")),
  "LDAP, SASL": bind(ber(0xa3, ber(4, "PLAIN") + ber(4, "«\0bob\0fish»"))),
  "LDAP, a mechanism that needs nothing": bind(ber(0xa3, ber(4, "EXTERNAL"))),
  "LDAP, another way": bind(ber(0x81, "fish")),
  PostgreSQL: startup + phrase("«fish\0»"),
  "PostgreSQL, asked for TLS": of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f) + startup + phrase("«fish\0»"),
  "PostgreSQL, asked for GSSAPI and TLS":
    of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x30, 0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f) + startup + phrase("«fish\0»"),
  "PostgreSQL, asked three times": of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f).repeat(3) + startup + phrase("fish\0"),
  "PostgreSQL behind fifteen messages": startup + query.repeat(15) + phrase("«fish\0»"),
  "PostgreSQL behind sixteen": startup + query.repeat(16) + phrase("fish\0"),
  "PostgreSQL, a size that is none": `${startup}Q${of(0, 0, 0, 3)}${phrase("fish\0")}`,
  "PostgreSQL, nothing in it": `${startup}p${of(0, 0, 0, 4)}«»`,
  "PostgreSQL's second version": startup.replace(of(0, 3, 0, 0), of(0, 2, 0, 0)) + phrase("fish\0"),
  AMQP: `AMQP${of(0, 0, 9, 1)}x\x05PLAIN${long("«\0bob\0fish»")}\x05en_US`,
  "AMQP, cut": `AMQP${of(0, 0, 9, 1)}x\x05PLAIN${long("\0bob\0fish").slice(0, -1)}`,
  "AMQP, another mechanism": `AMQP${of(0, 0, 9, 1)}x\x05OTHER${long("\0bob\0fish")}`,
  "AMQP, far behind": `AMQP${"x".repeat(4086)}\x05PLAIN${long("«fish»")}`,
  "AMQP, too far": `AMQP${"x".repeat(4087)}\x05PLAIN${long("fish")}`,
};

const PROMPTED: readonly (readonly [server: string, client: string])[] = [
  ["login: \r\nPassword: \r\n$ ", "bob\r\n«fish»\r\nls\r\n"],
  ["login: \r\nPassword: \r\n$ ", "bob\n«fish»\nls\n"],
  ["Username> \r\nPassphrase> ", "bob\r\n«fish»"],
  ["user name:\nuser-name:\npasscode:\n", "a\nb\n«fish»\nx"],
  ["Password:\nPIN:\nOTP:\nVerification code:\n", "«a»\n«b»\r\n«c»\n«d»\ne\n"],
  ["Password: \r\n", "\r\nfish\r\n"],
  ["Password: \r\n", "\nfish\n"],
  ["user: \r\nPassword: \r\n", "bob\n«fish»\nls\n"],
  ["User-name: \r\nPassword: \r\n", "bob\n«fish»\nls\n"],
  ["username> \r\nPassphrase> \r\n", "bob\n«fish»\nls\n"],
  ["Password: \r\nPassword: \r\n", "\r\n«fish»\r\n"],
  ["Password: \r\n", "«f»\r\n"],
  ["PIN:\r\n", "1234\r\n"],
  ["your password is old\r\n", "fish\r\n"],
  ["Enter the password : \r\n", "«fish»\n"],
  [`${"x".repeat(4084)}\nPassword: \n`, "«fish»\n"],
  [`${"x".repeat(4087)}\nPassword: \n`, "fish\n"],
  [`${"x".repeat(70)}Password: \n`, "fish\n"],
];

for (const [name, marked] of Object.entries(CLIENTS))
  test(`the place of a password, to the byte: ${name}`, () => check(marked, ""));

test("what answers a prompt for a password is one, line by line", () => {
  for (const [server, marked] of PROMPTED) check(marked, server);
});

function check(marked: string, server: string): void {
  const [client, places] = placesIn(marked);
  assert.deepEqual(findLogins(bytesOf(client), bytesOf(server)), places, JSON.stringify([server, marked]));
}

function placesIn(marked: string): [text: string, places: [number, number][]] {
  const places: [number, number][] = [];
  let text = "";
  for (const part of marked.split("»")) {
    const [before, within] = part.split("«") as [string, string?];
    text += before;
    if (within !== undefined) places.push([text.length, text.length + within.length]);
    text += within ?? "";
  }
  return [text, places];
}

/** Without the marks. */
function lengthOf(text: string): number {
  return text.replaceAll(/[«»]/g, "").length;
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
