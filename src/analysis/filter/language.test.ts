import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildExchange, type ExchangeParts } from "../../../test/support/build-exchange.ts";
import { TaplineError } from "../../model/index.ts";
import { compileFilter } from "./index.ts";

const PARTS: ExchangeParts = {
  method: "GET",
  target: "/caf\xc3\xa9?q=1",
  status: 503,
  authority: "Example.COM:8080",
  requestHeaders: { "x-u": "\xc3\xa9", "x-id": "9007199254740993", "x-latin1": "\xe9" },
  connection: {
    id: 18_446_744_073_709_551_617n,
    local: { kind: "ip", address: "::ffff:10.0.0.2", port: 443 },
    remote: { kind: "ip", address: "10.0.0.1", port: 1234 },
  },
};

describe("a filter is never silently wrong", () => {
  for (const [text, wanted] of [
    // Words of tcpdump.
    ["port 80 or 443", true],
    ["port 443 or 80", true],
    ["port 8080 or 443 or 80", true],
    ["port 80 or 8080", false],
    ["src port 443 or 1234", true],
    ["src port 443 || 80-90", false],
    ["port 80 or 443 && POST", false],
    ["host 10.9.9.9 or 10.0.0.1", true],
    ["net 10.9.0.0/16 or 10.0.0.0/24", true],
    ["host ::ffff:a00:2", true],
    ["host 10.0.0.2", true],
    ["host example.com", true],
    ["host EXAMPLE.com", true],
    ["host *.COM", true],
    ["h2 OR 5xx", true],
    ["not not 5xx", true],
    ["not request.method == 'POST'", true],
    ["GET /nothing||5xx", true],
    ["5xx&&GET", true],
    ["GET /caf*&&5xx", true],
    ["h2 ? false : 5xx", true],
    ["h2 ? 5xx : 404", false],
    ["(404) == response.code", false],
    ["(404) + 1 == 405", true],
    ["response.code == (true ? 503 : 200)", true],
    ["[404, 503].exists(code, code == response.code)", true],
    ["[1].all(get, get / 1 == 1)", true],
    // UTF-8.
    ["request.headers['x-u'] == 'é'", true],
    ["request.headers['x-u'].matches('^.$') && size(request.headers['x-u']) == 1", true],
    ["request.headers['x-latin1'] == 'é'", true],
    ["request.path == '/café?q=1' && request.url_path.endsWith('é')", true],
    ["GET /café", true],
    // Addresses.
    ["source.address in ['10.0.0.9:1', '10.0.0.0/24']", true],
    ["source.address in ['10.0.0.1:1234', '10.0.0.9']", true],
    ["source.address in ['10.0.0.1:1', '10.0.0.9']", false],
    ["source.address == '::ffff:10.0.0.1'", true],
    ["destination.address == '10.0.0.2' && destination.address == '10.0.0.2:443'", true],
    ["source.address != '10.0.0.0/8'", false],
    // Whole numbers.
    ["int(request.headers['x-id']) == 9007199254740993", true],
    ["int(request.headers['x-id']) % 10 == 3", true],
    ["connection.id % 10 == 7", true],
    ["9223372036854775807 + 1 > 0", false],
    ["int('9223372036854775808') > 0", false],
    ["-9223372036854775808 < 0", true],
    // Names of JavaScript's own.
    ["'__proto__' in request.headers", false],
    ["request.headers['valueOf'] != ''", false],
    ["request.headers.constructor.startsWith('x')", false],
    ["[1].all(constructor, constructor == 1)", true],
    // Texts are code points.
    ["'😀'.split('').size() == 1 && '😀a'.indexOf('a') == 1", true],
    ["'a😀b'.substring(1, 2) == '😀' && '\\U0001F600' > '\\uFFFD'", true],
    ["'a😀b'.reverse() == 'b😀a' && 'a😀b'.charAt(1) == '😀'", true],
    // The rest of the language.
    ["double('NaN') != double('NaN')", true],
    ["b'a' < b'b' && false < true", true],
    ["[1, 2] + [] == [1, 2] && !(7 in [])", true],
    ["bytes('a') + bytes('b') == b'ab' && b'😀'.size() == 4", true],
    ["time.getHours('Europe/Berlin') == 23 && time.getHours('-01:00') == 21", true],
    ["string(b'\\xff') == 'x' || true", true],
    ["timestamp(string(time)) == time && timestamp(0) == timestamp('1970-01-01T00:00:00Z')", true],
    ["duration('.5s') == duration('500ms') && duration('5μs') == duration('5us')", true],
    ["math.greatest(response.code, 300) == 503", true],
    ["type(response.code) == int && dyn(response.code) == 503", true],
    ["{'a': 1}['a'] == 1 && {1: 'a'}[1u] == 'a' && has({'a': 1}.a)", true],
    ["[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]", true],
    ["cel.bind(c, response.code, c >= 500 && c < 600)", true],
    ["!(!5xx) && ! !5xx // a comment", true],
    ["optional.of(1).orValue(2) == 1 && request.headers[?'absent'].orValue('x') == 'x'", true],
    ["request.headers.?absent.hasValue()", false],
    ["{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 2) == {'b': 4}", true],
    ["request.headers.`x-u` == 'é'", true],
    ["dyn(1) == 1u && 1.0 == dyn(1) && dyn('1') != 1", true],
    ["null == dyn(null)", true],
  ] as const)
    test(`${text} → ${wanted}`, () => {
      assert.equal(compileFilter(text).matches("exchange", buildExchange(PARTS)), wanted);
    });
});

describe("what cannot match, or is no filter, is refused with a hint", () => {
  for (const [text, message, hint] of [
    ["quality == 'complet'", /quality is never 'complet'/, /'complete'/],
    ["quality in ['gap', 'Complete']", /never 'Complete'/, /'complete'/],
    ["request.protocol == 'http/1.1'", /never 'http\/1\.1'/, /'HTTP\/1\.1'/],
    ["protocol == 'http/2'", /never 'http\/2'/, /'h2'/],
    ["constructor == 'x'", /no attribute constructor/, undefined],
    ["toString(1)", /no function toString/, undefined],
    ["5xx(response.code)", /5xx is a condition, not a function/, undefined],
    ["_x_(1)", /no function _x_/, undefined],
    ["1e309 > 1.0", /too large for double/, undefined],
    ["9223372036854775808 > 0", /too large for int/, undefined],
    ["'\\400' == ''", /\\400 is no escape/, undefined],
    ["time > timestamp('2026-02-30T00:00:00Z')", /timestamp has no value for this/, undefined],
    ["time > timestamp('2026-02-28T24:00:00Z')", /timestamp has no value for this/, undefined],
    ["port 9000-8000", /is an empty range/, /8000-9000/],
    ["port 80 and 404", /may be a status or belong to port/, /response\.code == 404, or port 404/],
    ["source.address == 10.0.0.1", /10\.0\.0\.1 has to be quoted/, /'10\.0\.0\.1'/],
    ["source.address == '10.0.0'", /is no address/, /'10\.0\.0\.1'/],
    ["host a or b", /no attribute b/, /write host b/],
    ["request.path =~ 'x'", /=~ is no operator/, /write request\.path\.matches\('x'\)/],
    ["request.path contains 'x'", /contains is a function/, /write request\.path\.contains\('x'\)/],
    ["port 80,443", /, is not expected here/, /^write port 80 or 443$/],
    ["src port 80, 443", /, is not expected here/, /^write src port 80 or 443$/],
    ["tcp port 80", /port is not expected here/, /^write port 80$/],
    ["udp dst port 53 && error", /dst is not expected here/, /^write dst port 53$/],
    ["src 10.0.0.1", /10\.0\.0\.1 is not expected here/, /^write src host 10\.0\.0\.1$/],
    ['GET "/users"', /is not expected here/, /^write GET \/users$/],
    ["6xx", /6xx is not expected here/, /1xx, 2xx, 3xx, 4xx and 5xx/],
    ["99", /a condition is expected, this is int/, /three digits/],
    ["duration > 1.5s", /1\.5s is not expected here/, /^a duration is written duration\('1\.5s'\)$/],
    ["response.code in (200, 201)", /, is not expected here/, /^a list is written \[200, 201\]$/],
    [
      "response.code between 200 and 299",
      /between is no operator/,
      /^write response\.code >= 200 && response\.code <= 299$/,
    ],
    ["200 <= response.code < 300", /cannot be compared with </, /: 200 <= response\.code && response\.code < 300$/],
    ["response.code >= 200 <= 299", /cannot be compared with <=/, /: response\.code >= 200 && response\.code <= 299$/],
    ["request.path like '/a%'", /like is no operator/, /^write glob\(request\.path, '\/a\*'\)$/],
    ["request.path != /a", /string and bool cannot be compared/, /^a text is quoted: '\/a'$/],
    ["request.headers.x-id == ''", /do not go together with -/, /^write request\.headers\['x-id'\]$/],
    ["request.path[0] == '/'", /string has no entries/, /charAt\(0\)/],
    ["5xx && response.code", /&& takes conditions, this is int/, /response\.code > 0/],
    ["and 5xx", /^filter: something is missing before and/, undefined],
    ["5xx or or 4xx", /^filter: something is missing before or/, undefined],
    ["application == 'gRPC'", /application is never 'gRPC'/, /^did you mean 'grpc'\?$/],
    ["'graphq' in applications", /applications is never 'graphq'/, undefined],
    ["tcp.port == 8443", /no attribute tcp\.port/, /^did you mean port 8443\?$/],
    ["http/2", /do not go together with \//, /^HTTP\/2 is h2$/],
    ["http.request.method == 'GET'", /no attribute http\.request\.method/, /did you mean request\.method\?/],
    ["ip.addr == '10.0.0.1'", /no attribute ip\.addr/, /host 10\.0\.0\.1/],
    ["google.protobuf.Int32Value{value: 1} == 1", /messages of Protocol Buffers/, undefined],
    ["request.method == 'GET' && [1", /\[ is not closed/, /add \]/],
    ["import == 1", /reserved word/, undefined],
  ] as const)
    test(text, () => {
      assert.throws(
        () => compileFilter(text),
        (error) => {
          assert.ok(error instanceof TaplineError, String(error));
          assert.match(error.message, message);
          if (hint !== undefined) assert.match(error.hint ?? "", hint);
          return true;
        },
      );
    });

  test("a long filter is not echoed whole", () => {
    for (const text of [
      `5xx && ${"x".repeat(1_000_000)}`,
      `${"5xx || ".repeat(1000)}nothing`,
      `'${"y".repeat(8000)}' == 1`,
    ])
      assert.throws(
        () => compileFilter(text),
        (error) => error instanceof TaplineError && error.message.length + (error.hint?.length ?? 0) < 1200,
      );
  });
});
