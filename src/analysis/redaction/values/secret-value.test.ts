import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { SecretNames } from "../names/secret-names.ts";
import { isSecretValue, looksSecret } from "./secret-value.ts";

const SEED = Number(process.env["SEED"] ?? 0) || 20_261_129;
const names = new SecretNames(new Set(), new Set());
const isHidden = (name: string, value: string): boolean => isSecretValue(names.judge(name), value);

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const MIXED = LOWER + LOWER.toUpperCase() + DIGITS;
/** An alphabet, and of a hundred tokens how many may be missed that have 8, 10, 12, 16, and 20 characters or more. */
const ALPHABETS: readonly (readonly [name: string, alphabet: string, ...missed: number[]])[] = [
  ["hex", "0123456789abcdef", 7, 2.5, 1, 0.4, 0.1],
  ["base32", `${LOWER.toUpperCase()}234567`, 6, 3, 1.5, 0.5, 0.3],
  ["base36", LOWER + DIGITS, 11, 6, 3, 0.8, 0.3],
  ["base58", MIXED.replace(/[0OIl]/g, ""), 7, 3, 1.5, 0.4, 0.2],
  ["base62", MIXED, 7, 3.5, 1.5, 0.4, 0.2],
  ["base64url", `${MIXED}-_`, 14, 8, 4.5, 1.5, 0.8],
  ["letters", LOWER, 24, 15, 8, 3, 1],
];
const LENGTHS = [8, 10, 12, 16, 20, 24, 32];

describe("what is drawn is secret behind a weak name", () => {
  for (const [alphabet, characters, ...most] of ALPHABETS)
    test(`${alphabet}, from ${LENGTHS[0]} characters on`, () => {
      const random = new Random(SEED);
      for (const [index, length] of LENGTHS.entries()) {
        let missed = 0;
        for (let count = 0; count < DRAWN; count++) {
          const token = Array.from({ length }, () => characters[random.below(characters.length)]).join("");
          if (!isHidden(random.pick(["code", "key", "session", "signature", "auth"]), token)) missed++;
        }
        const allowed = most[Math.min(index, most.length - 1)]!;
        assert.ok(missed <= (DRAWN * allowed) / 100, `seed ${SEED}: ${missed} of ${DRAWN} with ${length}`);
      }
    });

  test("in groups too", () => {
    for (const token of ["X7K9-Q2MP-4TRW-8HJL", "a8f3-91bc-07de-44f2", "9fQ2x-aX7kT-mm3Zp", "k7Qz_9xW-vB2~t4Lm"])
      assert.ok(isHidden("license", token), token);
  });
});

const DRAWN = 2000;

test("what people name is not, all but two in a hundred", () => {
  const hidden = READABLE.flatMap(([name, ...values]) =>
    values.filter((value) => isHidden(name, value)).map((value) => `${name}: ${value}`),
  );
  const count = READABLE.reduce((sum, values) => sum + values.length - 1, 0);
  assert.ok(hidden.length <= count * 0.02, hidden.join("\n"));
});

const READABLE: readonly (readonly [name: string, ...values: string[]])[] = [
  ["code", "ERR_CONNECTION_REFUSED", "ECONNRESET", "E_CONN_042", "UND_ERR_CONNECT_TIMEOUT", "SQLITE_CONSTRAINT_UNIQUE", "ORA-00942",
    "42P01", "SQLSTATE 23505", "PGRST116", "NullPointerException", "java.lang.IllegalStateException", "rate_limit_exceeded",
    "card_declined", "insufficient_quota", "invalid_grant", "AccessDenied", "NoSuchBucket", "ThrottlingException",
    "ResourceNotFoundException", "ValidationError", "HTTP_502_BAD_GATEWAY", "0x80070005", "0x8024402C", "TS2322", "CS8600", "E0425",
    "RUSTSEC-2026-0042", "CVE-2026-12345", "GHSA-xxxx", "ISO-8859-1", "utf8mb4_unicode_ci", "en-US", "zh-Hant-TW", "EUR", "USD/CHF",
    "DE-BY", "DEHAM", "LHRT5", "SPRING26", "SUMMER-SALE", "WELCOME10", "BLACKFRIDAY2026", "SAVE20NOW", "FREESHIP-EU", "MOTHERSDAY25",
    "ORD-2026-000123", "INV-00042", "INC0012345", "JIRA-1234", "PO-4500012345", "SKU-TSHIRT-BLK-XL", "WH-1000XM5", "SM-G991B", "MQ6X3LL/A",
    "RTX4090-24GB", "EAN13", "C++20", "function add(a, b) { return a + b }", "return x * 2", "if (a) b();", "F32.1", "J45.909",
    "6403.99.90", "00-B0-D0-63-C2-26", "PAYMENT_REQUIRED", "DEADLINE_EXCEEDED", "grpc.StatusCode.UNAVAILABLE", "NS_ERROR_NET_RESET",
    "MODULE_NOT_FOUND", "ERR_HTTP2_INVALID_STREAM", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "CERT_HAS_EXPIRED", "EADDRINUSE", "P2002", "12.04.2026", "de_CH", "GBR", "276", "HRK", "ICD-10-CM",
    "LOINC 2345-7", "2345-7", "1234567890128", "IATA:ZRH", "EDDF", "Kotlin", "typescript", "libx264", "SWIFT", "MT103", "pacs.008.001.08",
    "AUTH_REQUIRED", "TOKEN_EXPIRED", "USER_NOT_FOUND", "404", "5.1.1", "S3Exception", "KeyError", "C00042", "A-113", "R2D2", "bc-4711",
    "PRD_EU_001", "WS-C2960X-24TS-L", "HP-LJ-M404dn", "XPS13-9340", "B08N5WRWNW", "LEGO-75192", "T-1000", "ICE 578", "LH1234", "OS3042",
    "Gate B12", "2026-EU-DE-001", "DE89-K", "UTC+01:00", "Europe/Zurich", "America/Argentina/Buenos_Aires", "Zurich-West"],
  ["key", "user_name", "user.name", "orders:2026:11", "shipping.address.line1", "customer#42", "2026-11-29", "2026-11-29T12:00:00Z",
    "20261129T120000Z", "2026-W48", "created_at", "createdAt", "isActive", "maxRetriesPerRequest", "NEXT_PUBLIC_BASE_URL",
    "feature.checkout.newFlow", "com.example.app.MainActivity", "org.springframework.boot.autoconfigure", "app/config/database.yml",
    "invoices/2026/11/INV-00042.pdf", "img/products/tshirt-blue-xl.webp", "node_modules/@aws-sdk/client-s3", "static/js/main.chunk.js",
    "uploads/2026/report-final-v2.docx", "refs/heads/feature/PROJ-123-add-login", "feature/JIRA-4711_checkout-rework",
    "release/v24.11.0-rc.1", "hotfix/fix-null-pointer", "dependabot/npm_and_yarn/vite-6.2.1", "renovate/major-react-monorepo", "ArrowLeft",
    "Escape", "PageDown", "Ctrl+Shift+P", "cmd+k", "F12", "C# minor", "G major", "en.checkout.button.submit", "x-large", "us-east-1",
    "eu-central-1a", "topic.orders.v2", "kafka.consumer.lag", "node_cpu_seconds_total", "http_requests_total",
    "http.server.request.duration", "service.name", "k8s.pod.name", "app.kubernetes.io/managed-by", "prometheus.io/scrape",
    "beta.kubernetes.io/arch", "node-role.kubernetes.io/control-plane", "web-7d4b9c6f5-x2k9q", "payment-service-6c8f9d7b54-zk4xq",
    "redis-master-0", "ip-10-0-12-34.ec2.internal", "db01.prod.eu.example.com", "srv-web-03.dc2.example.net", "localhost:8080",
    "192.0.2.44:6379", "2001:db8:85a3::8a2e:370:7334", "fe80::1", "00:00:5e:00:53:af", "application/vnd.api+json", "image/svg+xml",
    "text/html; charset=utf-8", "video/mp4; codecs=\"avc1.42E01E\"", "GET /users/:id", "POST:/api/v1/orders", "24.21.0-rc.3+build.77",
    "v1.29.3-eks-a1b2c3d", "python3.12", "x86_64-linux-gnu", "aarch64-apple-darwin", "arm64-v8a", "linux-musl-x64",
    "gpt-4o-mini-2026-07-18", "claude-3-5-sonnet", "text-embedding-3-large", "t3.micro", "m6id.12xlarge", "Standard_D4s_v5",
    "n2-standard-8", "AES-256-GCM", "TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "secp256k1", "ed25519", "HS256",
    "lodash.debounce", "styles.module.css", "Roboto-Medium.ttf", "README.md", "package-lock.json", "IMG_20261129_120000.jpg",
    "DSC_0042.NEF", "Screenshot 2026-11-29 at 12.00.00.png", "backup-2026-11-29.tar.gz", "access.log.2.gz", "rgba(255,0,0,0.5)", "#a1b2c3",
    "M 10 10 L 20 20", "{{user.firstName}}", "%Y-%m-%d", "SELECT * FROM users", "1h30m", "PT1H30M", "128Mi", "500m", "3.14",
    "-1", "N/A", "unknown", "cus_name", "tenant-7", "cart:42:items", "user:1001:profile", "session:list", "rate_limit:api:10.0.0.1",
    "queue:default", "bull:emails:meta", "product:blue-shirt:stock", "lock:order:42", "order_line_id", "i18n.de.title",
    "widget-left-column", "tab-3", "accordion-panel-2", "row-17"],
  ["pass", "true", "yes", "upper-deck", "first", "all-tests", "Monthly Metro", "boarding"],
  ["session", "Keynote B", "guest", "interactive", "morning", "breakout-room-3", "2026-Q4", "opening-session", "default",
    "Session 12: Storage", "kubernetes-operators-101", "spring-2026", "desktop-chrome", "anonymous", "expired", "user"],
  ["signature", "rsa-pss-sha256", "Best regards, Ada", "v4", "invalid", "required", "none", "(II)V", "int main(int, char**)",
    "fn(a: u32) -> String", "Signature Dish", "Ljava/lang/String;"],
  ["sig", "pending"],
  ["state", "CA", "in_progress", "WAITING_FOR_APPROVAL", "RUNNING", "Baden-Wuerttemberg", "Nordrhein-Westfalen", "CLOSE_WAIT",
    "ESTABLISHED", "completed_with_errors", "checkout/step-2", "playing", "New South Wales"],
  ["pin", "below-map", "teal", "GPIO17", "PA13_SWDIO", "ADC1_IN5", "push-pin"],
  ["auth", "basic", "oauth2", "required", "none", "keycloak", "SCRAM-SHA-256", "mutual-tls"],
  ["nonce", "per-request"],
  ["salt", "2 teaspoons", "sea salt"],
  ["ticket", "INC-20418", "PROJ-1234", "economy", "adult-return"],
  ["license", "MIT", "Apache-2.0", "BSD-3-Clause", "GPL-3.0-or-later", "LGPL-2.1-only WITH Classpath-exception-2.0", "HH-AB 123",
    "CC-BY-SA-4.0"],
  ["seed", "wheat", "42", "tomato-san-marzano"],
  ["answer", "forty-two", "The quick brown fox", "B"],
  ["cookie", "oatmeal", "chocolate-chip"],
  ["card", "visa", "business-card", "mastercard_debit"],
  ["share", "team", "public-link"],
  ["login", "bob", "ada.lovelace", "jdoe", "octocat", "dependabot[bot]"],
  ["challenge", "dns-01", "http-01"],
  ["proof", "sourdough", "80 proof"],
  ["magic", "word", "0xCAFEBABE"],
  ["iv", "drip"],
  ["invite", "accepted"],
  ["sign", "Virgo", "minus"],
  ["signed", "yes"],
  ["pan", "left"],
  ["tan", "lines"],
  ["lt", "5"],
  ["svc", "orders-api", "checkout-frontend", "svc-inventory-v2"],
  ["principal", "Skinner", "arn:aws:iam::123456789012:role/deploy", "spiffe://cluster.local/ns/default/sa/web"],
  ["cert", "Let's Encrypt", "AWS Certified Developer"],
  ["mac", "00:00:5e:00:53:af", "MacBook Pro 16"],
  ["hmac", "sha256", "HMAC-SHA1"],
  ["sas", "eu-central"],
  ["dsn", "orders-db"],
  ["phrase", "carpe diem"],
  ["recovery", "in-progress", "point-in-time"],
  ["userinfo", "openid profile email"],
  ["next_token", "2"],
  ["page_token", "3"],
  ["sid", "12"],
]; // biome-ignore format: a list

test("a password that somebody has chosen has six to 64 characters", () => {
  for (const length of [4, 5, 6, 7, 63, 64, 65]) {
    const password = `${"hunter".repeat(12).slice(0, length - 1)}2`;
    assert.equal(looksSecret(password, { chosen: true }), length >= 6 && length <= 64, `${length}`);
  }
});
