/** What is held for a secret. Names are compared without case, `-` and `_`: `accessToken` is `access_token`. */
export interface RedactionRules {
  /** Header names whose values are secret. */
  readonly headers: readonly string[];
  /** Names of query and form parameters, of JSON members, and of multipart fields, whose values are secret. */
  readonly names: readonly string[];
}

export const DEFAULT_RULES: RedactionRules = {
  headers: [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-auth",
    "x-auth-token",
    "x-access-token",
    "x-refresh-token",
    "x-id-token",
    "x-session-token",
    "x-session-id",
    "x-csrf-token",
    "x-xsrf-token",
    "csrf-token",
    "x-amz-security-token",
    "x-goog-api-key",
    "x-goog-iam-authorization-token",
    "x-ms-token-aad-access-token",
    "x-functions-key",
    "ocp-apim-subscription-key",
    "x-forwarded-client-cert",
    "x-forwarded-access-token",
    "x-forwarded-authorization",
    "x-original-authorization",
    "x-vault-token",
    "x-consul-token",
    "x-gitlab-token",
    "private-token",
    "job-token",
    "x-github-token",
    "x-hub-signature",
    "x-hub-signature-256",
    "x-shopify-access-token",
    "x-slack-signature",
    "x-jwt-assertion",
    "authentication-info",
    "dpop",
    "token",
    "secret",
    "password",
  ],
  names: [
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "session_token",
    "csrf_token",
    "security_token",
    "bearer_token",
    "token",
    "jwt",
    "api_key",
    "x_api_key",
    "apikey",
    "subscription_key",
    "access_key",
    "access_key_id",
    "secret_access_key",
    "secret_key",
    "private_key",
    "secret",
    "client_secret",
    "client_assertion",
    "assertion",
    "code_verifier",
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "new_password",
    "old_password",
    "current_password",
    "password_confirmation",
    "otp",
    "pin",
    "cvv",
    "cvc",
    "card_number",
    "credentials",
    "credential",
    "authorization",
    "session",
    "session_id",
    "sessid",
    "sid",
    "jsessionid",
    "phpsessid",
    "sig",
    "signature",
    "x_amz_signature",
    "x_amz_credential",
    "x_amz_security_token",
    "x_goog_signature",
    "x_goog_credential",
  ],
};

/** Ends of header names that say what they are, whatever stands before them. */
export const SECRET_HEADER = /(?:^|-)(?:api-?key|token|secret|password|passwd|authorization|cookie2?)$/;

/** Ends of other names, normalised: not `token` alone, which is what the next page is asked for with. */
export const SECRET_ENDING =
  /(?:password|passwd|passphrase|secret|apikey|secretkey|privatekey|accesskey|(?:access|refresh|auth|session|security|csrf|xsrf|bearer|api|user|login|reset)token|credentials?)$/;

/**
 * What secrets look like wherever they stand. Each begins at the edge of a word, so that the search is linear.
 * The group `secret` is what is replaced.
 */
export const SECRET_SHAPES: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  // RFC 7519: base64url of `{"`, twice.
  { name: "jwt", pattern: /(?<![\w-])eyJ[\w-]{4,}\.[\w-]+\.?[\w-]*(?:\.[\w-]+){0,2}/g },
  // RFC 6750 §2.1.
  { name: "bearer", pattern: /(?<=\bbearer[ \t,]{1,4})[\w~+/-][\w.~+/-]{7,}=*/gi },
  { name: "aws-key", pattern: /(?<!\w)(?:AKIA|ASIA)[A-Z0-9]{16}(?!\w)/g },
  { name: "github-token", pattern: /(?<!\w)(?:gh[pousr]_\w{36,255}|github_pat_\w{22,255})/g },
  { name: "gitlab-token", pattern: /(?<!\w)glpat-[\w-]{20,}/g },
  { name: "slack-token", pattern: /(?<!\w)xox[abeoprs]-[\w-]{10,}/g },
  { name: "google-key", pattern: /(?<!\w)AIza[\w-]{35}/g },
  { name: "stripe-key", pattern: /(?<!\w)[rs]k_(?:live|test)_\w{16,}/g },
  {
    name: "private-key",
    pattern: /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?/g,
  },
];

/** `scheme://user:password@host` (RFC 3986 §3.2.1). */
export const USER_INFO = /(?<=(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#@"'<>]{1,512}(?=@)/gi;

/** A name as it is compared. */
export function normaliseName(name: string): string {
  const lower = name.toLowerCase();
  return PLAIN_NAME.test(lower) ? lower : lower.replace(/[-_.\s]/g, "");
}

const PLAIN_NAME = /^[a-z0-9]*$/;
