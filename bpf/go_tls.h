// What Go programs hand to crypto/tls and get from it: calls are known by goroutine, and arguments are in Go's registers.
#pragma once
#include "tls.h"

// Go's crypto/tls. A goroutine may go on in another thread: a call is found by its goroutine.
struct go_key {
	u64 goroutine;
	u32 pid;
	u32 pad;
};

struct go_call {
	u64 tls;
	u64 buffer;
	u64 started;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct go_key);
	__type(value, struct go_call);
} go_calls SEC(".maps");

#if defined(__TARGET_ARCH_x86)
#define GO_G(ctx) ((ctx)->r14)
#define GO_1(ctx) ((ctx)->ax)
#define GO_2(ctx) ((ctx)->bx)
#define GO_3(ctx) ((ctx)->cx)
#define GO_RESULT(ctx) ((ctx)->ax)
#else
#define GO_G(from) ((from)->regs[28])
#define GO_1(from) ((from)->regs[0])
#define GO_2(from) ((from)->regs[1])
#define GO_3(from) ((from)->regs[2])
#define GO_RESULT(from) ((from)->regs[0])
#endif

// tls.Conn.conn is an interface, its second word a *net.TCPConn; that begins with a *netFD, which has the descriptor at 16.
static __noinline int go_descriptor(u64 tls)
{
	u64 at = 0;
	s32 fd = -1;
	if (bpf_probe_read_user(&at, sizeof(at), (void *)(tls + 8)) || bpf_probe_read_user(&at, sizeof(at), (void *)at) ||
	    bpf_probe_read_user(&fd, sizeof(fd), (void *)(at + 16)))
		return -1;
	return fd;
}

static __noinline int go_plaintext(struct task_state *state, u64 tls, u64 buffer, u64 bytes, u32 direction)
{
	if (!state || (s64)bytes <= 0)
		return 0;
	struct session *session = find_session(state->h.pid, tls);
	if (!session)
		return 0;
	s32 fd = go_descriptor(tls);
	struct conn_key conn_key = {state->h.pid, fd};
	struct conn *conn = bpf_map_lookup_elem(&conns, &conn_key);
	if (conn && session->conn != conn->id) {
		// Memory of a connection that is gone may be another one's now.
		if (session->conn) {
			session->rx = 0;
			session->tx = 0;
			session->is_http2 = 0;
		}
		session->conn = conn->id;
		session->fd = fd;
		session->is_marked = 0;
		tell_link(state, session, tls, 4);
	}
	return tell_plaintext(state, tls, buffer, bytes, direction);
}

SEC("uprobe")
int go_read(struct pt_regs *ctx)
{
	struct task_state *state = enter_library();
	if (!state)
		return 0;
	struct go_key key = {GO_G(ctx), state->h.pid, 0};
	struct go_call call = {GO_1(ctx), GO_2(ctx), bpf_ktime_get_ns()};
	bpf_map_update_elem(&go_calls, &key, &call, BPF_ANY);
	return 0;
}

SEC("uprobe")
int go_read_return(struct pt_regs *ctx)
{
	struct task_state *state = enter_library();
	if (!state)
		return 0;
	struct go_key key = {GO_G(ctx), state->h.pid, 0};
	struct go_call *found = bpf_map_lookup_elem(&go_calls, &key);
	if (!found)
		return 0;
	struct go_call call = *found;
	bpf_map_delete_elem(&go_calls, &key);
	state->h.started = call.started;
	return go_plaintext(state, call.tls, call.buffer, GO_RESULT(ctx), READ);
}

// Told as it begins: when it returns, another thread may have read the answer already. It writes all, or the connection is broken.
SEC("uprobe")
int go_write(struct pt_regs *ctx)
{
	struct task_state *state = enter_library();
	if (!state)
		return 0;
	state->h.started = bpf_ktime_get_ns();
	return go_plaintext(state, GO_1(ctx), GO_2(ctx), GO_3(ctx), WRITE);
}
