// What processes hand to TLS libraries and get from them. Run by uprobes, which may be preempted: nothing here is kept by processor.
#pragma once
#include "capture.h"
#include "processes.h"

struct session_key {
	u64 ssl;
	u32 pid;
	u32 pad;
};

struct session {
	u64 conn;
	u64 rx;
	u64 tx;
	u64 turn;
	u32 speaker;
	u32 is_http2;
	s32 fd;
	u32 is_marked; // the connection's own bytes are not copied any more
	u32 is_spread; // something was told while its connection was not known, to every ring
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct session_key);
	__type(value, struct session);
} sessions SEC(".maps");

static __noinline struct session *find_session(u32 pid, u64 ssl)
{
	struct session_key key = {ssl, pid, 0};
	struct session *session = bpf_map_lookup_elem(&sessions, &key);
	if (session)
		return session;
	struct session fresh = {};
	bpf_map_update_elem(&sessions, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sessions, &key);
}

// From now on the plaintext says what the connection says. The hellos before it were copied.
static __noinline int mark_tls(u32 pid, struct session *session)
{
	if (!session || session->is_marked || !session->conn)
		return 0;
	struct conn_key key = {pid, session->fd};
	struct conn *conn = bpf_map_lookup_elem(&conns, &key);
	session->is_marked = 1;
	if (conn && conn->id == session->conn)
		conn->flags |= CONN_TLS;
	return 0;
}

static __noinline int tell_link(struct task_state *state, struct session *session, u64 ssl, u32 how)
{
	struct header h = {};
	if (!state || !session)
		return 0;
	u64 conn = session->conn;
	h.time = bpf_ktime_get_ns();
	h.pid = state->h.pid;
	h.tid = state->h.tid;
	h.fd = -1;
	h.type = RECORD_TLS_LINK;
	h.aux = ssl;
	h.size = how;
	h.conn = conn;
	emit(&h);
	// The other analyzers let go of what they hold of it.
	if (session->is_spread) {
		session->is_spread = 0;
		h.conn = 0;
		emit_to_all(&h);
	}
	return 0;
}

#define SPREAD_BYTES (256 * 1024)

struct spread {
	u64 ssl;
	u64 offset;
	u64 base;
	u64 bytes;
	u64 budget;
	u32 shown_by;
	u32 first;
};

static long tell_ring(u32 ring, struct spread *spread)
{
	struct task_state *state = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0, 0);
	if (!state)
		return 1;
	state->h.conn = ring;
	state->h.flags = ring == spread->shown_by ? 0 : FLAG_COPY;
	state->h.offset = spread->offset;
	state->budget = spread->budget;
	state->left = spread->bytes;
	state->base = spread->base;
	state->length = spread->bytes;
	spread->first = copy_message(state);
	return 0;
}

/**
 * Plaintext whose connection is not known: every analyzer holds it until that is told, as the connection may be any one's. Too much of it
 * goes to one alone.
 */
static __noinline u32 spread_plaintext(struct task_state *state, struct session *session, u64 bytes)
{
	if (!state || !session)
		return 0;
	u32 rings = control.rings;
	struct spread spread = {state->h.aux, state->h.offset, state->base, bytes, state->budget, 0, 0};
	spread.shown_by = (u32)(spread.ssl >> 4) % (rings ? rings : 1) & (MAX_RINGS - 1);
	if (session->rx + session->tx > SPREAD_BYTES) {
		tell_ring(spread.shown_by, &spread);
		return spread.first;
	}
	session->is_spread = 1;
	bpf_loop(rings > MAX_RINGS ? MAX_RINGS : rings, tell_ring, &spread, 0);
	return spread.first;
}

// Plaintext of a session.
static __noinline int tell_plaintext(struct task_state *state, u64 ssl, u64 buffer, u64 bytes, u32 direction)
{
	if (!state)
		return 0;
	struct session *session = find_session(state->h.pid, ssl);
	if (!session || bytes == 0)
		return 0;
	mark_tls(state->h.pid, session);
	u64 *position = direction == READ ? &session->rx : &session->tx;
	state->h.type = RECORD_TLS_DATA;
	state->h.time = bpf_ktime_get_ns();
	state->h.conn = session->conn;
	state->h.direction = direction;
	state->h.offset = *position;
	state->h.aux = ssl;
	state->h.flags = 0;
	state->h.fd = -1;
	bool is_first = *position == 0;
	*position += bytes;
	if (session->speaker != direction + 1) {
		session->speaker = direction + 1;
		session->turn = 0;
	}
	u64 limit = control.capture_bytes;
	if (session->is_http2)
		limit = ~0ull;
	state->budget = limit > session->turn ? limit - session->turn : 0;
	session->turn += bytes;
	state->left = bytes;
	state->base = buffer;
	state->length = bytes;
	state->iov_left = 0;
	state->peer.family = 0;
	u32 first = session->conn == 0 && control.rings > 1 ? spread_plaintext(state, session, bytes) : copy_message(state);
	if (is_first && first == 0x20495250) // "PRI "
		session->is_http2 = 1;
	return 0;
}

static __always_inline struct task_state *enter_library(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = watched_task(task);
	if (state) {
		state->h.pid = task->tgid;
		state->h.tid = task->pid;
	}
	return state;
}

static __noinline int enter_call(u64 ssl, u64 buffer, u64 result_at, u32 direction)
{
	struct task_state *state = enter_library();
	if (!state)
		return 0;
	u32 depth = state->tls_depth++;
	if (depth >= MAX_TLS_DEPTH) {
		count(LOST_TLS_DEPTH, 1);
		return 0;
	}
	struct tls_call *call = &state->tls[depth & (MAX_TLS_DEPTH - 1)];
	call->ssl = ssl;
	call->buffer = buffer;
	call->result_at = result_at;
	call->conn = 0;
	call->started = control.timings ? bpf_ktime_get_ns() : 0;
	if (direction == READ) {
		// What a library without a socket of its own decrypts now is what was read last.
		u64 conn = state->last_tls_read;
		state->last_tls_read = 0;
		struct session *session = conn ? find_session(state->h.pid, ssl) : 0;
		if (session && session->conn == 0) {
			session->conn = conn;
			session->fd = state->last_tls_fd;
			tell_link(state, session, ssl, 2);
		}
	}
	return 0;
}

static __noinline int leave_call(u64 result, u32 direction)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = bpf_task_storage_get(&tasks, task, 0, 0);
	if (!state || state->tls_depth == 0)
		return 0;
	u32 depth = --state->tls_depth;
	if (depth >= MAX_TLS_DEPTH || !state->watched)
		return 0;
	struct tls_call *call = &state->tls[depth & (MAX_TLS_DEPTH - 1)];
	u64 ssl = call->ssl;
	u64 bytes = result;
	state->h.pid = task->tgid;
	state->h.tid = task->pid;
	state->h.started = call->started;
	struct session *session = find_session(state->h.pid, ssl);
	if (!session)
		return 0;
	if (call->conn && session->conn != call->conn) {
		session->conn = call->conn;
		session->fd = call->fd;
		session->is_marked = 0;
		tell_link(state, session, ssl, 1);
	}
	state->waiting_ssl = session->conn ? 0 : ssl;
	if (call->result_at) {
		if ((s32)result != 1 || bpf_probe_read_user(&bytes, sizeof(bytes), (void *)call->result_at))
			return 0;
	} else if ((s32)result <= 0)
		return 0;
	else
		bytes = (u32)result;
	tell_plaintext(state, ssl, call->buffer, bytes, direction);
	return 0;
}

SEC("uprobe")
int tls_read(struct pt_regs *ctx)
{
	return enter_call(CALL_1(ctx), CALL_2(ctx), 0, READ);
}

SEC("uprobe")
int tls_write(struct pt_regs *ctx)
{
	return enter_call(CALL_1(ctx), CALL_2(ctx), 0, WRITE);
}

SEC("uprobe")
int tls_read_ex(struct pt_regs *ctx)
{
	return enter_call(CALL_1(ctx), CALL_2(ctx), CALL_4(ctx), READ);
}

SEC("uprobe")
int tls_write_ex(struct pt_regs *ctx)
{
	return enter_call(CALL_1(ctx), CALL_2(ctx), CALL_4(ctx), WRITE);
}

// A call without plaintext: the handshake.
SEC("uprobe")
int tls_handshake(struct pt_regs *ctx)
{
	return enter_call(CALL_1(ctx), 0, 0, WRITE);
}

SEC("uretprobe")
int tls_read_return(struct pt_regs *ctx)
{
	return leave_call(CALL_RESULT(ctx), READ);
}

SEC("uretprobe")
int tls_write_return(struct pt_regs *ctx)
{
	return leave_call(CALL_RESULT(ctx), WRITE);
}

SEC("uretprobe")
int tls_handshake_return(struct pt_regs *ctx)
{
	return leave_call(0, WRITE);
}

SEC("uprobe")
int tls_free(struct pt_regs *ctx)
{
	struct session_key key = {CALL_1(ctx), bpf_get_current_pid_tgid() >> 32, 0};
	bpf_map_delete_elem(&sessions, &key);
	return 0;
}
