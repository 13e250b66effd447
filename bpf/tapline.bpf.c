// The kernel side of Tapline's agent: what processes say on their sockets, before and after TLS. docs/agent.md says more.
#include "network.h"
#include "path_functions.h"
#include "go_tls.h"
#include "syscalls.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";
