import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildExchange, type ExchangeParts } from "../../../test/support/build-exchange.ts";
import { TaplineError } from "../../model/index.ts";
import { compileField, compileFilter, formatExplanation, formatField } from "./index.ts";

const POST: ExchangeParts = {
  method: "POST",
  target: "/users?id=7",
  status: 503,
  requestHeaders: { "X-User": "ann", "User-Agent": "curl/8", accept: "a" },
  responseHeaders: { "Content-Type": "application/json" },
  requestBody: '{"a":1}',
  responseBody: "down",
};

describe("a filter matches", () => {
  for (const [text, wanted] of [
    ["request.method == 'POST' && response.code >= 500 && request.headers['x-user'] != ''", true],
    ["request.headers['X-USER'] == 'ann'", true],
    ["request.headers.accept == 'a'", true],
    ["request.headers['absent'] != ''", false],
    ["request.headers['absent'] == ''", false],
    ["!(request.headers['absent'] == 'x')", false],
    ["request.headers['absent'] == 'x' || response.code == 503", true],
    ["response.code == 503 || request.headers['absent'] == 'x'", true],
    ["has(request.headers.accept) && !has(request.headers.absent)", true],
    ["'x-user' in request.headers", true],
    ["'absent' in request.headers", false],
    ["request.headers[':method'] == 'POST' && request.headers['host'] == 'example.com'", true],
    ["request.headers.exists(name, name.startsWith('x-') && request.headers[name] == 'ann')", true],
    ["request.headers.all(name, name != 'x-user')", false],
    ["size(request.headers) > 3", true],
    ["request.path == '/users?id=7' && request.url_path == '/users' && request.query == 'id=7'", true],
    ["request.host == 'example.com' && request.scheme == 'http'", true],
    ["request.useragent.startsWith('curl')", true],
    ["request.size == 7 && request.total_size == 107 && response.size == 4", true],
    ["request.body.contains('\"a\"') && response.body == 'down'", true],
    ["request.duration == duration('30ms') && duration > duration('29ms') && ttfb < duration('21ms')", true],
    ["request.time < timestamp('2030-01-01T00:00:00Z') && request.time.getFullYear() == 2023", true],
    ["request.time + duration('1h') > request.time", true],
    ["request.protocol == 'HTTP/1.1' && protocol == 'http/1.1'", true],
    ["source.address == '10.0.0.1' && source.port == 1234 && destination.port == 80", true],
    ["source.address == '10.0.0.1:1234'", true],
    ["source.address in ['10.0.0.9', '10.0.0.1']", true],
    ["source.address.inNetwork('10.0.0.0/24') && !inNetwork(source.address, '10.0.1.0/24')", true],
    ["connection.id == 7 && quality == 'complete' && size(problems) == 0", true],
    ["'conflicting-length' in problems", false],
    ["request.method in ['PUT', 'POST']", true],
    ["request.method.matches('^P(OS|U)T$')", true],
    ["request.method.lowerAscii() == 'post'", true],
    ["response.code / 100 == 5 && response.code % 100 == 3", true],
    ["response.code / 0 == 1", false],
    ["(response.code > 500 ? request.method : request.path) == 'POST'", true],
    ["request.path.split('?')[1] == 'id=7'", true],
    ["request.path.split('?')[9] == 'id=7'", false],
    ["[1, 2, 3].filter(x, x > 1).map(x, x * 2) == [4, 6]", true],
    ["int('12') == 12 && double('1.5') > 1 && string(7) == '7'", true],
    ["1 < 1.5 && -2 < -1", true],
    ["true", true],
    ["drop.reason == 'Policy denied'", false],
  ] as const)
    test(`${text} → ${wanted}`, () => {
      assert.equal(compileFilter(text).matches("exchange", buildExchange(POST)), wanted);
    });
});

describe("a short form matches", () => {
  for (const [text, wanted] of [
    ["5xx", true],
    ["4xx", false],
    ["503", true],
    ["404", false],
    ["POST", true],
    ["post", true],
    ["POST /users", true],
    ["GET /users", false],
    ["POST /user*", true],
    ["POST /user", false],
    ["/users?id=*", true],
    ["/*", true],
    ["host 10.0.0.1", true],
    ["host 10.0.0.2", true],
    ["dst host 10.0.0.1", false],
    ["src host 10.0.0.1", true],
    ["host example.com", true],
    ["host *.com", true],
    ["host other.com", false],
    ["host 10.0.0.2:80", true],
    ["host 10.0.0.2:8080", false],
    ["dst host 10.0.0.2:80", true],
    ["src host 10.0.0.2:80", false],
    ["host [::1]:80", false],
    ["host ::1", false],
    ["host example.com:80", true],
    ["host *.com:80 and POST", true],
    ["host example.com:8080", false],
    ["not host 10.0.0.1:9", true],
    ["net 10.0.0.0/8", true],
    ["src net 192.168.0.0/16", false],
    ["port 80", true],
    ["src port 80", false],
    ["dst port 70-90", true],
    ["http", true],
    ["h2", false],
    ["grpc", false],
    ["5xx and POST /users", true],
    ["not 5xx", false],
    ["!5xx", false],
    ["not (4xx or GET)", true],
    ["(GET or POST) and port 80 && request.headers['x-user'] == 'ann'", true],
    ["4xx || response.code == 503", true],
    ["POST /users && (5xx || 404)", true],
    ["size('5xx') == 3 and 'and' != 'or'", true],
    ["503 == response.code", true],
  ] as const)
    test(`${text} → ${wanted}`, () => {
      assert.equal(compileFilter(text).matches("exchange", buildExchange(POST)), wanted);
    });

  test("also where what it asks about is missing: it is never missing itself", () => {
    const alone = buildExchange({ without: "response" });
    assert.ok(compileFilter("not 5xx").matches("exchange", alone));
    assert.ok(!compileFilter("!(response.code >= 500)").matches("exchange", alone));
    assert.equal(compileFilter("response.code >= 500").evaluate("exchange", alone), undefined);
  });
});

describe("a wrong filter is refused with the place and a suggestion", () => {
  for (const [text, message, place, hint] of [
    ["request.methd == 'POST'", "there is no attribute request.methd", "^^^^^^^^^^^^^", "did you mean request.method?"],
    ["5xx && status == 500", "there is no attribute status", "       ^^^^^^", "did you mean response.code?"],
    ["response.code == '500'", "int and string cannot be compared with ==", "^^^^^^^^^^^^^^^^^^^^^^", "write 500"],
    ["request.method = 'x'", "= is no operator", "               ^", "== compares"],
    ["GET & 5xx", "& is no operator", "    ^", "&& means and"],
    ["response.code >", "something is missing after >", "              ^", undefined],
    ["(5xx", "( is not closed", "^", "add )"],
    ["not", "it ends after not", "   ^", undefined],
    ["5xx and (GET", "( is not closed", "        ^", "add )"],
    ["5xx and request.headers['x'", "[ is not closed", "                       ^", "add ]"],
    ["5xx)", ") closes nothing", "   ^", undefined],
    ["request.method == 'POST", "a string is not closed", "                  ^^^^^", "add ' at its end"],
    [
      "request.path.startWith('/')",
      "there is no function startWith",
      "             ^^^^^^^^^",
      "did you mean startsWith?",
    ],
    [
      "request.path.startsWith(1)",
      "startsWith does not take (string, int)",
      "^^^^^^^^^^^^^^^^^^^^^^^^^^",
      /startsWith\(string/,
    ],
    ["request.method", "a condition is expected, this is string", "^^^^^^^^^^^^^^", /request\.method == /],
    ["request", "request is a group of attributes", "^^^^^^^", /choose one: request\.method/],
    ["duration > 100", "duration and int cannot be compared with >", "^^^^^^^^^^^^^^", /duration\('100ms'\)/],
    ["request.headers.x-user == ''", "x-user has to be quoted", "^^^^^^^^^^^^^^^^^^^^^^", /\['x-user'\]/],
    ["request.path.matches('(')", "", "                     ^^^", undefined],
    ["request.path.matches('(a)\\\\1')", "", "                     ^^^^^^^^", undefined],
    ["host 10.0.0", "10.0.0 is no IP address", "     ^^^^^^", /10\.0\.0\.1/],
    ["port 99999", "99999 is no port", "     ^^^^^", /0 to 65535/],
    ["net 10.0.0.0/40", "/40 is no prefix length", "^^^^^^^^^^^^^^^", undefined],
    ["response.code == null", "int and null_type cannot be compared", "^^^^^^^^^^^^^^^^^^^^^", /has\(x\)/],
    ["response.flags == ''", "response.flags is not available here", "^^^^^^^^^^^^^^", undefined],
    ["duration > duration('1 parsec')", "duration has no value for this", "                    ^^^^^^^^^^", /250ms/],
    ["5xx GET", "GET is not expected here", "    ^^^", "join conditions with && (and) or || (or)"],
    ["", "it is empty", "^", /for example/],
  ] as const)
    test(text === "" ? "(empty)" : text, () => {
      assert.throws(
        () => compileFilter(text),
        (error) => {
          assert.ok(error instanceof TaplineError);
          const [first, line, carets] = error.message.split("\n");
          assert.ok(first!.startsWith(`filter: ${message}`), first);
          assert.equal(line, `  ${text}`);
          assert.equal(carets, `  ${place}`);
          if (hint instanceof RegExp) assert.match(error.hint ?? "", hint);
          else assert.equal(error.hint, hint);
          assert.equal(error.exitCode, 2);
          return true;
        },
      );
    });

  test("whatever the text is, it is refused or made, and never too slow", () => {
    for (const text of [
      "(".repeat(60),
      "!".repeat(3000),
      "a.".repeat(4000),
      "1+".repeat(4000),
      "[".repeat(70),
      `${"5xx||".repeat(1500)}5xx`,
      "x".repeat(20_000),
      "'".repeat(999),
      "\u0000\u001b[31m",
      "a?".repeat(500),
    ])
      try {
        compileFilter(text).matches("exchange", buildExchange());
      } catch (error) {
        assert.ok(error instanceof TaplineError, String(error));
        assert.doesNotMatch(error.message.replaceAll("\n", ""), /[\u0000-\u001f]/);
      }
  });
});

test("a regular expression takes time that grows with the text only", () => {
  const filter = compileFilter("request.path.matches('^(a+)+$')");
  assert.ok(!filter.matches("exchange", buildExchange({ target: `${"a".repeat(50_000)}b` })));
});

test("an explanation has every condition, its value and what it looked at", () => {
  const filter = compileFilter("5xx && (GET /users or request.headers['x-user'] != '') && !(quality == 'gap')");
  const lines = formatExplanation(filter.explain("exchange", buildExchange({ status: 404, target: "/a" })));
  assert.deepEqual(lines, [
    "no      5xx && (GET /users or request.headers['x-user'] != '') && !(quality == 'gap')",
    "  no      5xx",
    "            response.code: 404",
    "  missing (GET /users or request.headers['x-user'] != '')",
    "    no      GET /users",
    "              request.method: 'GET'",
    "              request.url_path: '/a'",
    "    missing request.headers['x-user'] != ''",
    "              request.headers['x-user']: (missing)",
    "  yes     !(quality == 'gap')",
    "    no      (quality == 'gap')",
    "              quality: 'complete'",
  ]);
});

test("a field is any expression, printed as a line has it", () => {
  const exchange = buildExchange(POST);
  const print = (text: string): string => {
    const field = compileField(text);
    return formatField(field.evaluate("exchange", exchange), field.type);
  };
  assert.equal(print("request.path"), "/users?id=7");
  assert.equal(print("request.headers['x-user']"), "ann");
  assert.equal(print("request.headers['absent']"), "");
  assert.equal(print("duration"), "0.03s");
  assert.equal(print("time"), "2023-11-14T22:13:20Z");
  assert.equal(print("response.code >= 500"), "true");
  assert.equal(print("response.headers"), ":status: 503, content-type: application/json");
});
