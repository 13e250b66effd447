import type { Random } from "../random.ts";

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const HEX = "0123456789abcdef";
const UPPER = LOWER.toUpperCase();
const MIXED = LOWER + UPPER + DIGITS;
const URL_SAFE = `${MIXED}-_`;

/** Tokens as vendors publish their shape: each is found without a name beside it. */
export function drawVendorTokens(random: Random): Readonly<Record<string, string>> {
  const draw = (alphabet: string, length: number): string =>
    Array.from({ length }, () => random.pick([...alphabet])).join("");
  const mixed = (length: number): string => `${draw(MIXED, length - 3)}x9Z`;
  const hex = (length: number): string => draw(HEX, length);
  const jwtPart = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const pem = (kind: string): string =>
    `-----BEGIN ${kind}PRIVATE KEY-----\n${mixed(64)}\n${mixed(64)}\n-----END ${kind}PRIVATE KEY-----`;
  return {
    JWT: `${jwtPart({ alg: "HS256", typ: "JWT" })}.${jwtPart({ sub: "42", n: mixed(8) })}.${mixed(43)}`,
    JWE: `${jwtPart({ alg: "dir", enc: "A256GCM" })}..${mixed(16)}.${mixed(40)}.${mixed(22)}`,
    "AWS access key": `AKIA${draw(`${UPPER}234567`, 16)}`,
    "AWS temporary key": `ASIA${draw(`${UPPER}234567`, 16)}`,
    "AWS secret": `${draw(`${MIXED}+/`, 37)}x9Z`,
    "GitHub OAuth": `gho_${mixed(36)}`,
    "GitHub app": `ghs_${mixed(36)}`,
    "GitHub refresh": `ghr_${mixed(36)}`,
    "GitHub fine-grained": `github_pat_${mixed(22)}_${mixed(59)}`,
    "GitLab deploy": `gldt-${mixed(20)}`,
    "GitLab runner": `glrt-${mixed(20)}`,
    "Slack user": `xoxp-${draw(DIGITS, 11)}-${draw(DIGITS, 12)}-${hex(32)}`,
    "Slack app": `xapp-1-A${draw(UPPER + DIGITS, 10)}-${draw(DIGITS, 13)}-${hex(64)}`,
    "Slack config": `xoxe.xoxp-1-${mixed(146)}`,
    "Google API": `AIza${draw(URL_SAFE, 32)}x9Z`,
    "Google client secret": `GOCSPX-${draw(URL_SAFE, 25)}x9Z`,
    "Google refresh": `1//0${draw(URL_SAFE, 60)}x9Z`,
    "Stripe live": `sk_live_${mixed(24)}`,
    "Stripe restricted": `rk_live_${mixed(24)}`,
    "Stripe test": `sk_test_${mixed(99)}`,
    npm: `npm_${mixed(36)}`,
    PyPI: `pypi-AgEIcHlwaS5vcmc${draw(URL_SAFE, 140)}x9Z`,
    RubyGems: `rubygems_${hex(48)}`,
    crates: `cio${mixed(32)}`,
    "Docker Hub": `dckr_pat_${draw(URL_SAFE, 24)}x9Z`,
    OpenAI: `sk-proj-${draw(URL_SAFE, 60)}x9Z`,
    Anthropic: `sk-ant-api03-${draw(URL_SAFE, 90)}x9ZAA`,
    "Hugging Face": `hf_${draw(LOWER + UPPER, 34)}`,
    Groq: `gsk_${mixed(52)}`,
    Replicate: `r8_${mixed(37)}`,
    Vault: `hvs.${draw(URL_SAFE, 90)}x9Z`,
    "Vault, old": `s.${mixed(24)}`,
    Databricks: `dapi${hex(32)}`,
    Grafana: `glsa_${mixed(32)}_${hex(8)}`,
    "Grafana Cloud": `glc_${Buffer.from(JSON.stringify({ o: "1", n: mixed(20), k: mixed(24) })).toString("base64")}`,
    "New Relic": `NRAK-${draw(UPPER + DIGITS, 27)}`,
    Sentry: `sntrys_${jwtPart({ iat: 1, url: "https://x" })}=_${draw(MIXED, 40)}x9Z`,
    Doppler: `dp.pt.${mixed(43)}`,
    Postman: `PMAK-${hex(24)}-${hex(34)}`,
    Figma: `figd_${draw(URL_SAFE, 40)}x9Z`,
    Notion: `ntn_${draw(DIGITS, 11)}${mixed(35)}`,
    "Shopify custom": `shpca_${hex(32)}`,
    "Shopify shared": `shpss_${hex(32)}`,
    Square: `sq0csp-${draw(URL_SAFE, 40)}x9Z`,
    Facebook: `EAAC${mixed(120)}`,
    SendGrid: `SG.${draw(URL_SAFE, 22)}.${draw(URL_SAFE, 40)}x9Z`,
    Mailgun: `key-${hex(32)}`,
    Mailchimp: `${hex(32)}-us12`,
    Brevo: `xkeysib-${hex(64)}-${mixed(16)}`,
    "Twilio account": `AC${hex(32)}`,
    Telegram: `${draw(DIGITS, 10)}:AA${draw(URL_SAFE, 30)}x9Z`,
    Discord: `MTA${draw(MIXED, 21)}.G${draw(MIXED, 5)}.${draw(URL_SAFE, 35)}x9Z`,
    Atlassian: `ATATT3xFfGF0${draw(URL_SAFE, 170)}=${hex(8).toUpperCase()}`,
    Bitbucket: `ATBB${mixed(32)}`,
    CircleCI: `CCIPAT_${mixed(22)}_${hex(40)}`,
    Buildkite: `bkua_${hex(40)}`,
    DigitalOcean: `dor_v1_${hex(64)}`,
    Fly: `fm2_${draw(MIXED, 100)}x9Z`,
    PlanetScale: `pscale_pw_${draw(URL_SAFE, 40)}x9Z`,
    Supabase: `sbp_${hex(40)}`,
    Netlify: `nfp_${mixed(40)}`,
    Tailscale: `tskey-auth-${mixed(17)}-${mixed(32)}`,
    Pulumi: `pul-${hex(40)}`,
    "Terraform Cloud": `${mixed(14)}.atlasv1.${draw(MIXED, 65)}x9`,
    "Azure client secret": `${draw(MIXED, 3)}8Q~${draw(`${MIXED}-_.~`, 31)}xZ9`,
    "Azure storage": `${draw(`${MIXED}+/`, 84)}x9==`,
    Dynatrace: `dt0c01.${draw(UPPER + DIGITS, 24)}.${draw(UPPER + DIGITS, 64)}`,
    "Linear OAuth": `lin_oauth_${hex(64)}`,
    Airtable: `pat${mixed(14)}.${hex(64)}`,
    "RSA key": pem("RSA "),
    "PKCS 8": pem(""),
    "encrypted PKCS 8": pem("ENCRYPTED "),
    "OpenSSH key": pem("OPENSSH "),
    "DSA key": pem("DSA "),
    WireGuard: `${draw(`${MIXED}+/`, 41)}x9=`,
    "age key": `AGE-SECRET-KEY-1${draw("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)}`,
  };
}
