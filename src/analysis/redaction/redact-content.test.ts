import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { shareOf } from "../../../test/support/share-of.ts";
import { secretArguments } from "./formats/redact-protocol-lines.ts";
import { PERSONAL_CLASSES, type PersonalClass, Redactor } from "./index.ts";

const redact = (text: string, type = "text/plain", redactor = new Redactor()): string =>
  new TextDecoder().decode(redactor.content(new TextEncoder().encode(text), type));

describe("what clients log in with", () => {
  for (const [text, secret] of [
    ["USER bob\r\nPASS hunter2x\r\nSYST\r\n", "hunter2x"],
    ["APOP bob c4c9334bac560ecc979e58001b3e22fb\r\n", "c4c9334b"],
    ['a1 LOGIN "bob" "hunter2x"\r\n', "hunter2x"],
    ["a1 LOGIN bob hunter2x\r\n", "hunter2x"],
    ["a LOGIN {3}\r\nbob {8}\r\nhunter2x\r\n", "hunter2x"],
    ["EHLO a\r\nAUTH PLAIN AGJvYgBodW50ZXIyeA==\r\nMAIL FROM:<a@b>\r\n", "AGJvYgBodW50"],
    ["a AUTHENTICATE PLAIN\r\nAGJvYgBodW50ZXIyeA==\r\n", "AGJvYgBodW50"],
    ["AUTH hunter2x\r\n", "hunter2x"],
    ["HELLO 3 AUTH bob hunter2x\r\n", "hunter2x"],
    ["*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$8\r\nhunter2x\r\n", "hunter2x"],
    ["*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$8\r\nhunter2x\r\n", "hunter2x"],
    ["*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$11\r\nrequirepass\r\n$8\r\nhunter2x\r\n", "hunter2x"],
  ] as const)
    test(JSON.stringify(text), () => {
      const shown = redact(text, "");
      assert.ok(!shown.includes(secret), shown);
      // Redis' strings keep their lengths.
      if (text.startsWith("*")) assert.equal(shown.length, text.length);
    });

  test("of Redis' commands these arguments are secret", () => {
    for (const [command, secret] of [
      ["AUTH a", [1]],
      ["auth a b", [2]],
      ["HELLO 3", []],
      ["HELLO 3 AUTH a b SETNAME c", [4]],
      ["CONFIG SET maxmemory 1 masterauth b", [5]],
      ["CONFIG GET requirepass", []],
      ["ACL SETUSER a on >b <c ~*", [4, 5]],
      ["MIGRATE h 1 k 0 5 AUTH2 u p", [8]],
      ["SET password b", []],
    ] as const)
      assert.deepEqual(secretArguments(command.split(" ")), secret, command);
  });
});

test("of Redis' settings those are secret whose whole names are", () => {
  for (const [name, isSecret] of [
    ["requirepass", true],
    ["masterauth", true],
    ["MasterAuth", true],
    ["tls-key-file-pass", true],
    ["tls-client-key-file-pass", true],
    ["xrequirepass", false],
    ["requirepassx", false],
    ["tls-pass-x", false],
    ["tls-key-file", false],
  ] as const)
    assert.deepEqual(secretArguments(["CONFIG", "SET", "a", "b", name, "c"]), isSecret ? [5] : [], name);
});

test("a body is read as its header says, however that is written", () => {
  const redactor = new Redactor();
  const bytes = new TextEncoder().encode("user,password\nbob,hunter\n");
  const body = { bytes, size: bytes.length, truncated: false, complete: true };
  for (const [name, type, isTable] of [
    ["content-type", "text/csv", true],
    ["Content-Type", "text/csv", true],
    ["content-type", "application/json", false],
    ["CONTENT-TYPE", "application/json", false],
    ["x-content-type", "application/json", true],
  ] as const) {
    const headers = [
      { name: undefined, value: "x" },
      { name: "accept", value: "*/*" },
      { name, value: type },
    ];
    const shown = new TextDecoder().decode(redactor.body(body, headers).bytes);
    assert.equal(shown.includes("hunter"), !isTable, `${name}: ${type}`);
  }
});

test("a body without secrets is the same object, whatever its bytes are", () => {
  const redactor = new Redactor();
  for (const content of ["", "plain text", "ünïcode", "a\0b\0c\0d\0e\0", "\xff\xfea\0", "\x01\x02\x03"]) {
    const bytes = Uint8Array.from(Buffer.from(content, content.startsWith("ü") ? "utf8" : "latin1"));
    const body = { bytes, size: bytes.length, truncated: false, complete: true };
    assert.equal(redactor.body(body, []), body, JSON.stringify(content));
  }
});

describe("personal data, where it is asked for", () => {
  const text =
    "a bob.b@example.com, 4111 1111 1111 1111, 4111111111111112, DE89 3704 0044 0532 0130 00, GB82WEST12345698765432, DE88370400440532013000, +49 170 1234567, 2026-11-29 03:00:00, 192.168.100.200";
  for (const [personal, hidden] of [
    [[], []],
    [["email"], ["bob.b@example.com"]],
    [["card"], ["4111 1111 1111 1111"]],
    [["iban"], ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"]],
    [["phone"], ["+49 170 1234567"]],
  ] as [PersonalClass[], string[]][])
    test(personal.join() || "nothing", () => {
      const shown = redact(text, "text/plain", new Redactor({ personal }));
      const expected = hidden.reduce((left, one) => left.replace(one, "‹›"), text);
      assert.equal(shown.replace(/redacted-[a-z]+-[0-9a-f]{8}/g, "‹›"), expected);
    });

  test("there are no other classes", () => assert.deepEqual(PERSONAL_CLASSES, ["email", "card", "iban", "phone"]));
});

describe("secrets beside others", () => {
  for (const [type, text, left] of [
    [
      "application/yaml",
      "kind: Secret\ndata:\n  foo: aHVudGVyMg==\nx: y\n",
      /^kind: Secret\ndata:\n {2}foo: redacted-[\w-]+\nx: y\n$/,
    ],
    [
      "application/json",
      '{"kind":"Secret","data":{"a":"hunter2","b":"hunter2"},"x":1}',
      /^\{"kind":"Secret","data":\{"a":"(redacted-[\w-]+)","b":"\1"\},"x":1\}$/,
    ],
    [
      "application/yaml",
      "passwords:\n  - hunter2\n  - hunter3\nx: y\n",
      /^passwords:\n {2}- redacted-[\w-]+\n {2}- redacted-[\w-]+\nx: y\n$/,
    ],
    ["application/yaml", "password: |\n  hunter2\n  hunter3\nx: y\n", /^password: \|\n {2}redacted-[\w-]+\nx: y\n$/],
    ["text/plain", "sshpass -p hunter2 ssh host", /^sshpass -p redacted-[\w-]+ ssh host$/],
    ["text/plain", "the password is hunter2, ok", /^the password is redacted-[\w-]+, ok$/],
    ["text/plain", "the password is wrong", /^the password is wrong$/],
    ["text/plain", 's:8:"password";s:24:"hunter2hunter2hunter2abc";', /^s:8:"password";s:24:".{24}";$/],
    ["text/plain", "user;password\nbob;hunter2\n", /^user;password\nbob;redacted-[\w-]+\n$/],
    [
      "text/html",
      '<div data-a="{&quot;token&quot;:&quot;hunter2&quot;}">',
      /^<div data-a="\{&quot;token&quot;:&quot;redacted-[\w-]+&quot;\}">$/,
    ],
    [
      "application/json",
      '{"a":"{\\"b\\":\\"{\\\\\\"password\\\\\\":\\\\\\"hunter2\\\\\\"}\\"}"}',
      /^\{"a":"\{\\"b\\":\\"\{\\\\\\"password\\\\\\":\\\\\\"redacted-[\w-]+\\\\\\"\}\\"\}"\}$/,
    ],
  ] as const)
    test(JSON.stringify(text), () => {
      const redactor = new Redactor();
      const shown = redact(text, type, redactor);
      assert.match(shown, left);
      assert.doesNotMatch(shown.replace("is wrong", ""), /hunter/);
      assert.equal(redact(shown, type, redactor), shown);
    });
});

test("text frames of gRPC-Web whose padding is wrong are none, and stay", () => {
  for (const text of ["ab=", "abc==", "AAAAAAVoZWxs=", "a", "a==", "="])
    assert.equal(redact(text, "application/grpc-web-text"), text);
});

test("GraphQL's variables and types are no values, a default is one", () => {
  const query = 'query ($token: String!, $pin: [Int!], $password: String = "hunter2x") { me(token: $token) { id } }';
  const text = JSON.stringify({ query });
  const shown = redact(text, "application/json");
  assert.ok(!shown.includes("hunter2x"), shown);
  assert.equal(shown.replace(/redacted-\w+-[0-9a-f]{8}/, "hunter2x"), text);
});

test("a list of objects that is secret is replaced as a whole, and JSON stays JSON", () => {
  const shown = redact(JSON.stringify({ credentials: [{ kind: "x", value: "hunter2x" }], n: 1 }), "application/json");
  assert.match(JSON.parse(shown).credentials, /^redacted-credentials-/);
  const keys = JSON.stringify({ keys: [{ kty: "RSA", kid: "2026-11-29", use: "sig" }] });
  assert.equal(redact(keys, "application/json"), keys);
});

test("what follows a weak name is looked at up to its second equals sign", () => {
  for (const value of ["v1=Zq4f00aa11bb22cc33dd44ee55", "Zq4f00aa11bb22cc33dd44ee55=="])
    assert.match(redact(`a=1 signature=${value} b=2`), /^a=1 signature=redacted-signature-[0-9a-f]{8} b=2$/);
});

describe("two or three equals signs", () => {
  for (const text of [
    "see https://h/a?token===0123456789abcdef01 now",
    "see https://h/a?x=1&password==0123456789abcdef01",
    "token==0123456789abcdef01",
    "a token==0123456789abcdef01 b",
    "http GET h 'token==0123456789abcdef01'",
  ])
    test(`give a value where nothing can compare: ${text}`, () => {
      const shown = redact(text);
      assert.equal(shown.replace(/redacted-\w+-[0-9a-f]{8}/, "0123456789abcdef01"), text);
      assert.notEqual(shown, text);
    });

  for (const text of ["if (token === other) {", "a&&token==b", "f(token==b)", "token ==b", "token==", "x!token===y"])
    test(`compare elsewhere: ${text}`, () => assert.equal(redact(text), text));

  test("in JSON too", () => {
    const shown = redact('{"url": "/a?token==0123456789abcdef01", "n": 1}', "application/json");
    assert.match(shown, /^\{"url": "\/a\?token==redacted-token-\w{8}", "n": 1\}$/);
  });
});

test("an encoded value behind a name, of which a part is left, is encoded again: a URL stays one", () => {
  for (const url of ["/x?token=Bearer%20ab.cd&page=2", "http://h/x?a=1&password=Basic%20YTpiYw%3D%3D#top"])
    for (const text of [url, `see ${url} there`, JSON.stringify({ url })]) {
      const shown = redact(text);
      assert.equal(shown.replace(/redacted-\w+-[0-9a-f]{8}/, /%20([^&#]+)/.exec(url)![1]!), text);
      assert.notEqual(shown, text);
    }
});

test("a text of UTF-8 that is cut anywhere stays text, and one that is none is covered", () => {
  const redactor = new Redactor();
  const text = new TextEncoder().encode("clé=1&password=hunter22x&é€😀");
  const start = text.length - 9;
  for (let end = start; end <= text.length; end++) {
    const shown = new TextDecoder().decode(redactor.content(text.subarray(0, end), "text/plain"));
    const rest = new TextDecoder("utf-8", { fatal: true }).decode(text.subarray(start, end), { stream: true });
    assert.match(shown, /^clé=1&password=redacted-password-[0-9a-f]{8}&/);
    assert.ok(shown.endsWith(`&${rest}`), shown);
  }
  const torn = Uint8Array.of(...text.subarray(0, start), 0xff, 0x41);
  assert.equal(redactor.content(torn, "text/plain").length, torn.length);
});

test("a mark is one, also where its name begins as a vendor's token does", () => {
  const redactor = new Redactor();
  for (const name of ["aws_secret_access_key", "my_key-secret_password", "x-live_user_token", "db.ops_user_password"])
    for (let count = 0; count < shareOf(200); count++) {
      const shown = redact(`${name} = hunter${count}x${name}\nb: c\n`, "text/plain", redactor);
      assert.match(shown, new RegExp(`^${name} = redacted-${name}-[0-9a-f]{8}\nb: c\n$`));
      assert.equal(redact(shown, "text/plain", redactor), shown);
    }
});

test("a URL that has something encoded stays one, its signs as they were", () => {
  for (const [url, shown] of [
    ["smtp://u%40x:hunter22x@h.example:587/a,b", "smtp://‹›@h.example:587/a,b"],
    ["/a/%7B%22token%22:%22hunter22x%22%7D/b", "/a/%7B%22token%22:%22‹›%22%7D/b"],
    ["/a%2Fb%3Ftoken%3Dhunter22x%26x%3D%22", "/a%2Fb%3Ftoken%3D‹›%26x%3D%22"],
    ["/a%2fb/%7B%22token%22:%22hunter22x%22%7D,é%2Cü%C3%BC", "/a%2fb/%7B%22token%22:%22‹›%22%7D,é%2Cü%C3%BC"],
    [
      "/%F0%9F%98%80%7B%22token%22:%22hunter22x%22,%22pin%22:%221234%22%7D/%e2%82%ac",
      "/%F0%9F%98%80%7B%22token%22:%22‹›%22,%22pin%22:%22‹›%22%7D/%e2%82%ac",
    ],
    ["/a+b/$x/@y/%7B%22token%22:%22hunter22x%22%7D", "/a+b/$x/@y/%7B%22token%22:%22‹›%22%7D"],
  ] as const)
    assert.equal(new Redactor().text(url).replace(/redacted-\w+-[0-9a-f]{8}/g, "‹›"), shown);
});

test("what closes or parts a secret's surroundings is no part of it", () => {
  for (const [text, shown] of [
    ["| user | password |\n|---|:---:|\n| bob | hunter22x |\n", "| user | password |\n|---|:---:|\n| bob | ‹› |\n"],
    ["<input type=password name=pw value=Zq4f00aa11bb22cc33dd44ee>", "<input type=password name=pw value=‹›>"],
    ["<input name=pw value=Zq4f00aa11bb22cc33dd44ee/> a", "<input name=pw value=‹›/> a"],
    [
      "PuTTY-User-Key-File-3: x\nPrivate-Lines: 2\nAAAAB3Nz\naC1yc2E=\nPrivate-MAC: 00ff\n",
      "PuTTY-User-Key-File-3: x\nPrivate-Lines: 2\n‹›\nPrivate-MAC: 00ff\n",
    ],
    ['{"c":"Uid=bob;Pwd={a;hunter22x};x=[1]"}', '{"c":"Uid=bob;Pwd=‹›;x=[1]"}'],
    ['{"c":"passwords=[a,hunter22x]"}', '{"c":"passwords=‹›"}'],
  ] as const)
    assert.equal(redact(text).replace(/redacted-[\w-]+?-[0-9a-f]{8}/g, "‹›"), shown);
});

test("cookies that have marks already are none in a list of headers, as they are none as headers", () => {
  const header = (name: string, value: string) => JSON.stringify({ headers: [{ name, value }] });
  for (const marked of [
    header("set-cookie", "session=redacted-session-0666768c; Path=/; HttpOnly"),
    header("cookie", "session=redacted-session-0666768c; b=redacted-b-12345678"),
  ])
    assert.equal(redact(marked, "application/json"), marked);
  for (const open of [
    header("set-cookie", "session=redacted-session-0666768c; other=9f0e1d2c3b4a5968"),
    header("cookie", "session=redacted-session-0666768c; path=9f0e1d2c3b4a5968"),
    header("cookie", "session=9f0e1d2c3b4a5968"),
  ])
    assert.ok(!redact(open, "application/json").includes("9f0e1d2c"), open);
});
