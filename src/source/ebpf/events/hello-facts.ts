import type { TlsFacts } from "../../../model/index.ts";
import { findCipherSuite } from "../../../wire/tls/cipher-suites.ts";
import { HANDSHAKE_TYPE, HandshakeAssembler, parseClientHello, parseServerHello } from "../../../wire/tls/handshake.ts";
import { computeJa4 } from "../../../wire/tls/ja4.ts";
import { nodeTlsCrypto } from "../../../wire/tls/node-tls-crypto.ts";
import { RECORD_TYPE, TlsRecordParser } from "../../../wire/tls/record-parser.ts";

/** Adds to `facts` the content of the hellos at the beginning of a direction of TLS. Incomplete or other bytes add nothing. */
export function addHelloFacts(facts: TlsFacts, bytes: Uint8Array): void {
  const handshake = new HandshakeAssembler((type, body) => {
    if (type === HANDSHAKE_TYPE.clientHello) addClientHello(facts, body);
    else if (type === HANDSHAKE_TYPE.serverHello) addServerHello(facts, body);
  });
  let isOver = false;
  const records = new TlsRecordParser(
    ({ type, fragment }) => {
      if (type !== RECORD_TYPE.handshake) isOver = true;
      else if (!isOver) handshake.push(fragment);
    },
    () => {
      isOver = true;
    },
  );
  records.push(bytes);
}

/** Whether bytes look like the beginning of a TLS record (RFC 8446 section 5.1). */
export function beginsRecord(bytes: Uint8Array): boolean {
  return bytes.length >= 3 && bytes[0]! >= 0x14 && bytes[0]! <= 0x17 && bytes[1] === 3 && bytes[2]! <= 4;
}

/** Whether bytes are the beginning of a client's or a server's hello, which nothing but TLS is (RFC 8446 section 4). */
export function beginsHello(bytes: Uint8Array): boolean {
  return beginsRecord(bytes) && bytes[0] === RECORD_TYPE.handshake && HELLOS.has(bytes[5] ?? -1);
}

const HELLOS: ReadonlySet<number> = new Set([HANDSHAKE_TYPE.clientHello, HANDSHAKE_TYPE.serverHello]);

function addClientHello(facts: TlsFacts, body: Uint8Array): void {
  const hello = parseClientHello(body);
  if (hello === undefined) return;
  if (hello.serverName !== undefined) facts.sni = hello.serverName;
  if (hello.alpn.length > 0) facts.alpnOffered = hello.alpn;
  facts.ja4 = computeJa4(hello, nodeTlsCrypto.sha256);
}

function addServerHello(facts: TlsFacts, body: Uint8Array): void {
  const hello = parseServerHello(body);
  if (hello === undefined) return;
  const version = VERSIONS[hello.version];
  if (version !== undefined) facts.version = version;
  const cipher = findCipherSuite(hello.cipherSuite)?.name;
  if (cipher !== undefined) facts.cipher = cipher;
  if (hello.alpn !== undefined) facts.alpn = hello.alpn;
}

const VERSIONS: Readonly<Record<number, string>> = {
  769: "TLSv1",
  770: "TLSv1.1",
  771: "TLSv1.2",
  772: "TLSv1.3",
};
