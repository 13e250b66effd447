// Why fields have no effect here: each begins with what the field is about.

export const STATISTICS = "statistics, which Tapline has under Envoy's names";
export const ACCESS_LOG = "access logs: no log is written, taps record what passes";
export const TRACING = "traces of Envoy's own: no spans are made";
export const RUNTIME = "Envoy's runtime, which no feature here asks";
export const WATCHDOG = "supervision of Envoy's own threads";
export const OVERLOAD = "shedding load when Envoy runs short: Tapline keeps to --memory and the limit of descriptors";
export const TUNING = "how the kernel is asked, not what is sent";
export const HEALTH = "health checks, of which there are none";
export const CONTROL_PLANE = "control planes, of which there is none";
export const LOGGING = "Envoy's own log: use --log-level";
export const CIRCUIT =
  "limits that Envoy sets against overload: Tapline has its own, --memory and the limit of descriptors";
export const SESSIONS = "whether TLS handshakes can be shortened, not what is sent in them";
export const DNS = "how names are asked for: the system's resolver is, at dns_refresh_rate";
