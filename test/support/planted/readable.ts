import { header, json, type Planted, sent, target } from "./shape.ts";

/** Values that sound like secrets, and are none: a name, and its value. */
const VALUES: readonly (readonly [name: string, value: string | number | boolean])[] = [
  ["status_code", "GATEWAY_TIMEOUT"], ["exit_code", "137"], ["reason_code", "card_expired"], ["country_code", "CH"], ["area_code", "0711"],
  ["postal_code", "SW1A 1AA"], ["language_code", "de-CH"], ["response_code", "2xx"], ["codec", "libx264"], ["codepage", "windows-1252"],
  ["code_owner", "team-checkout"], ["code_review", "approved"], ["barcode_type", "EAN-13"], ["discount_code", "SPRING-26"],
  ["coupon_code", "FREESHIP"], ["airport_code", "ZRH"], ["hs_code", "6403.99"], ["key_id_type", "kid"], ["api_key_name", "billing-prod"],
  ["api_key_count", "3"], ["keys", "left,right"], ["key_value_store", "rocksdb"], ["keyframe", "240"], ["keyspace", "orders_v2"],
  ["key_size", "2048"], ["key_type", "EC"], ["key_usage", "digitalSignature"], ["partition_key", "customer#42"], ["row_key", "2026-11-29"],
  ["hotkey", "ctrl+shift+k"], ["turkey", "sandwich"], ["monkey_patch", "enabled"], ["donkey", "Benjamin"], ["idempotency_key_ttl", "24h"],
  ["cache_key_prefix", "shop:v3"], ["routing_key", "orders.created"], ["map_key", "legend"], ["public_key_algorithm", "ed25519"],
  ["passenger_count", "4"], ["passport_country", "FR"], ["pass_through", "true"], ["passed", "118"], ["pass_fail", "pass"],
  ["boarding_pass_type", "mobile"], ["password_expires_in", "30 days"], ["password_strength", "medium"], ["password_last_changed", "2026-03-04"],
  ["password_min_length", "12"], ["password_reset_required", "false"], ["has_password", "yes"], ["forgot_password_url", "/help/forgot"],
  ["passwordless", "enabled"], ["bypass", "none"], ["compass_heading", "214"], ["trespass", "warning sign"], ["secret_name", "orders-db"],
  ["secret_version", "7"], ["secret_level", "gold"], ["secretariat", "Geneva"], ["secret_ingredient", "nutmeg"], ["is_secret", "false"],
  ["secrets_manager_region", "eu-west-1"], ["token_limit", "8192"], ["prompt_tokens", "1034"], ["max_output_tokens", "2000"],
  ["token_ring", "legacy"], ["token_expires_at", "2026-12-01T00:00:00Z"], ["token_use", "access"], ["token_endpoint", "/oauth2/token"],
  ["tokens_per_second", "57.3"], ["token_symbol", "USDC"], ["non_fungible_token_standard", "ERC-721"], ["tokenized", "partially"],
  ["session_count", "12"], ["session_timeout", "1800"], ["session_name", "Keynote B"], ["session_state", "active"], ["session_id_format", "uuid"],
  ["sessions_today", "381"], ["signature_version", "v4"], ["signature_dish", "Zurich ragout"], ["signature_method", "HMAC-SHA1"],
  ["signed_by", "Finance"], ["signing_order", "2"], ["auth_type", "oauth2"], ["auth_method", "password"], ["auth_provider", "keycloak"],
  ["author_name", "Ursula Le Guin"], ["authored_at", "2026-05-06"], ["authority", "city council"], ["authorization_status", "declined"],
  ["authorization_amount", "129.90"], ["authenticated", "true"], ["credential_count", "2"], ["credit_limit", "5000"], ["credit_type", "store"],
  ["card_type", "debit"], ["card_brand", "visa"], ["card_layout", "compact"], ["pin_type", "thumbtack"], ["pinned", "3 messages"],
  ["spinning", "wheel"], ["opinion", "split"], ["salt_content", "1.2 g"], ["salt_lake", "city"], ["basalt", "columns"], ["nonce_count", "00000001"],
  ["state_code", "BW"], ["state", "in_progress"], ["statement", "quarterly"], ["license_type", "Apache-2.0"], ["license_plate_country", "CH"],
  ["seed_variety", "wheat"], ["seed_round", "Series A"], ["certificate_type", "birth"], ["cert_issuer", "Let's Encrypt"], ["cookie_consent", "accepted"],
  ["cookie_policy", "/legal/cookies"], ["cookies_enabled", "true"], ["csrf_protection", "double-submit"], ["otp_length", "6"], ["otp_channel", "sms"],
  ["mfa_enabled", "true"], ["hash_rate", "95 TH/s"], ["sharing", "team"], ["shared_key_access", "disabled"], ["encryption", "AES256"],
  ["encryption_key_rotation", "yearly"], ["ticket_number", "INC-20418"], ["ticket_class", "economy"], ["invite_count", "5"], ["access_log", "/var/log/a.log"],
  ["account_number_length", "10"], ["account_type", "savings"], ["verification_status", "pending"], ["challenge_type", "dns-01"], ["bearer_format", "opaque"],
  ["git_sha", "1f7a7a472abf3dd9643fd615f6da379c4acb3e3a"], ["md5", "9e107d9d372bb6826bd81d3542a419d6"], ["request_id", "req_7f3c2b1a9d8e"],
  ["correlation_id", "c0a8012e-7c1b-4f3e-9a52-0d7d3a1e6b90"], ["span_id", "00f067aa0ba902b7"], ["build", "2026.11.29-r4711-a1b2c3d"],
  ["docker_image", "registry.example/shop/api@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"], ["isbn13", "9783161484100"],
  ["user_agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"], ["class_name", "AbstractSingletonProxyFactoryBean"],
  ["object_key", "invoices/2026/11/INV-00042.pdf"], ["file", "node_modules/@aws-sdk/client-s3/dist-cjs/index.js"], ["color", "#a1b2c3"],
  ["key_signature", "B-flat minor"], ["key_takeaways", "Ship weekly"], ["keynote_speaker", "Barbara Liskov"], ["key_algorithm", "RSA-OAEP-256"],
  ["key_vault_name", "kv-orders-weu"], ["kid", "2026-signing-key-1"], ["code_coverage", "87.4"], ["code_name", "Blue Heron"], ["qr_code_size", "256x256"],
  ["dress_code", "smart casual"], ["diagnosis_code", "E11.9"], ["product_code", "QX-200-BLK"], ["swift_code", "DEUTDEFF500"], ["code_challenge_method", "S256"],
  ["token_budget", "128000"], ["token_bucket", "burst 20"], ["first_token_latency_ms", "214"], ["secret_rotation_days", "90"], ["trade_secret_policy", "internal only"],
  ["password_policy_id", "policy-default-7"], ["password_field_label", "Your password"], ["session_affinity", "ClientIP"], ["session_cookie_name", "JSESSIONID"],
  ["session_duration_seconds", "1843.2"], ["pass_count", "17 of 20"], ["mountain_pass", "Gotthard 2106 m"], ["time_signature", "6/8"], ["signature_required", "adult"],
  ["authorized_by", "C. Hopper"], ["auth_mode", "mtls"], ["access_key_rotated", "2026-01-05"], ["access_point", "Lobby AP-3"], ["credentials_mode", "same-origin"],
  ["credential_provider", "aws-sso"], ["seed_keyword", "running shoes women"], ["driver_license_class", "C1E"], ["cert_expiry", "2027-02-28T12:00:00Z"],
  ["ticket_status", "waiting-for-customer"], ["response_type", "code id_token"], ["csrf_cookie_name", "XSRF-TOKEN"], ["otp_expires_in", "300"], ["filter[token_type]", "bearer"],
  ["recovery_email_masked", "b***@example.org"], ["grant_type", "client_credentials"], ["type", "password"], ["encryption_context", "tenant-42"], ["scope", "openid offline_access"],
]; // biome-ignore format: a list

/** Each of them in a body, a query, a header or a form. */
export function plantReadable(): Planted[] {
  return VALUES.flatMap(([name, value]) => {
    const text = String(value);
    const shapes: [string, Planted["pieces"]][] = [["JSON", json({ id: 7, [name]: value })]];
    if (/^[\w.:/,+ -]+$/.test(text)) {
      shapes.push(["query", target(`/p?${name}=${encodeURIComponent(text)}`)]);
      shapes.push(["header", header(`X-${name.replaceAll("_", "-")}: ${text}`)]);
      shapes.push([
        "form",
        sent("application/x-www-form-urlencoded", `a=1&${name}=${encodeURIComponent(text).replaceAll("%20", "+")}`),
      ]);
      shapes.push(["YAML", sent("application/yaml", `a: b\n${name}: ${text}\n`)]);
    }
    return shapes.map(([place, pieces]) => ({ name: `${place} ${name}=${text}`, pieces, texts: [text] }));
  });
}
