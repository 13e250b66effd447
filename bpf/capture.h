// Copies what moved on a connection into the ring.
#pragma once
#include "state.h"

struct chunk {
	struct header h;
	u8 data[];
};

// One piece of at most `n` bytes. The sizes that are reserved must be constants: a few classes of them.
#define EMIT_CHUNK(SIZE)                                                                                   \
	do {                                                                                                \
		struct {                                                                                     \
			struct header h;                                                                      \
			u8 data[SIZE];                                                                        \
		} *record = bpf_ringbuf_reserve(ring, sizeof(*record), 0);                                   \
		if (!record)                                                                                 \
			goto full;                                                                            \
		record->h = state->h;                                                                        \
		u64 n = captured;                                                                            \
		asm volatile("" : "+r"(n));                                                                  \
		if (n > SIZE)                                                                                \
			n = SIZE;                                                                             \
		if (bpf_probe_read_user(record->data, n, (void *)state->base)) {                             \
			record->h.captured = 0;                                                               \
			record->h.flags |= FLAG_FAULT;                                                        \
			count(LOST_FAULT, 1);                                                                 \
		}                                                                                            \
		first = *(u32 *)record->data;                                                                \
		bpf_ringbuf_submit(record, submit_flags(state->h.conn));                                                  \
	} while (0)

// The first bytes of the chunk, or 0.
static __noinline u32 emit_chunk(struct task_state *state, u32 captured)
{
	u32 first = 0;
	if (!state)
		return 0;
	void *ring = ring_of(state->h.conn);
	state->h.captured = captured;
	if (!ring)
		goto full;
	if (captured <= SMALL_CHUNK)
		EMIT_CHUNK(SMALL_CHUNK);
	else if (captured <= MEDIUM_CHUNK)
		EMIT_CHUNK(MEDIUM_CHUNK);
	else if (captured <= LARGE_CHUNK)
		EMIT_CHUNK(LARGE_CHUNK);
	else
		EMIT_CHUNK(MAX_CHUNK);
	count(PRODUCED, 1);
	return first;
full:
	lose(state->h.conn, state->h.size);
	return 0;
}

// With the address of the other end before the bytes: a datagram of a socket that has no fixed other end.
#define EMIT_ADDRESSED(SIZE)                                                                               \
	do {                                                                                                \
		struct {                                                                                     \
			struct header h;                                                                      \
			struct address peer;                                                                  \
			u8 data[SIZE];                                                                        \
		} *record = bpf_ringbuf_reserve(ring, sizeof(*record), 0);                                   \
		if (!record)                                                                                 \
			goto full;                                                                            \
		record->h = state->h;                                                                        \
		record->h.flags |= FLAG_PEER;                                                                \
		record->peer = state->peer;                                                                  \
		u64 n = captured;                                                                            \
		asm volatile("" : "+r"(n));                                                                  \
		if (n > SIZE)                                                                                \
			n = SIZE;                                                                             \
		if (bpf_probe_read_user(record->data, n, (void *)state->base)) {                             \
			record->h.captured = 0;                                                               \
			record->h.flags |= FLAG_FAULT;                                                        \
			count(LOST_FAULT, 1);                                                                 \
		}                                                                                            \
		bpf_ringbuf_submit(record, submit_flags(state->h.conn));                                                  \
	} while (0)

static __noinline int emit_addressed(struct task_state *state, u32 captured)
{
	if (!state)
		return 0;
	void *ring = ring_of(state->h.conn);
	state->h.captured = captured;
	if (!ring)
		goto full;
	if (captured <= SMALL_CHUNK)
		EMIT_ADDRESSED(SMALL_CHUNK);
	else
		EMIT_ADDRESSED(LARGE_CHUNK);
	count(PRODUCED, 1);
	return 0;
full:
	lose(state->h.conn, state->h.size);
	return 0;
}

// A head and a body that are written together, in one record. Each is at most a small chunk: where the second begins is bounded by that.
static __noinline u32 emit_pair(struct task_state *state, struct user_iovec *parts)
{
	u32 first = 0;
	if (!state || !parts)
		return 0;
	void *ring = ring_of(state->h.conn);
	state->h.captured = state->h.size = state->left;
	struct {
		struct header h;
		u8 data[2 * SMALL_CHUNK];
	} *record = ring ? bpf_ringbuf_reserve(ring, sizeof(*record), 0) : 0;
	if (!record) {
		lose(state->h.conn, state->h.size);
		return 0;
	}
	record->h = state->h;
	u64 head = parts[0].len;
	u64 body = parts[1].len;
	asm volatile("" : "+r"(head), "+r"(body));
	if (head > SMALL_CHUNK)
		head = SMALL_CHUNK;
	if (body > SMALL_CHUNK)
		body = SMALL_CHUNK;
	if (bpf_probe_read_user(record->data, head, (void *)parts[0].base) ||
	    bpf_probe_read_user(record->data + head, body, (void *)parts[1].base)) {
		record->h.captured = 0;
		record->h.flags |= FLAG_FAULT;
		count(LOST_FAULT, 1);
	}
	first = *(u32 *)record->data;
	bpf_ringbuf_submit(record, submit_flags(state->h.conn));
	count(PRODUCED, 1);
	return first;
}

static long copy_piece(u32 index, void *unused)
{
	struct task_state *state = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0, 0);
	if (!state || state->left == 0 || state->budget == 0)
		return 1;
	if (state->length == 0) {
		struct user_iovec iov;
		if (state->iov_left == 0 || bpf_probe_read_user(&iov, sizeof(iov), (void *)state->iov))
			return 1;
		state->iov += sizeof(iov);
		state->iov_left--;
		state->base = iov.base;
		state->length = iov.len;
		return 0;
	}
	u64 n = state->length;
	if (n > state->left)
		n = state->left;
	if (n > state->budget)
		n = state->budget;
	if (n > MAX_CHUNK)
		n = MAX_CHUNK;
	if (state->peer.family && n > LARGE_CHUNK)
		n = LARGE_CHUNK;
	state->h.size = n;
	if (state->peer.family) {
		emit_addressed(state, n);
		state->peer.family = 0;
	} else {
		u32 first = emit_chunk(state, n);
		if (state->pieces == 0)
			state->first = first;
	}
	state->pieces++;
	state->h.flags &= ~FLAG_DATAGRAM;
	state->h.offset += n;
	state->base += n;
	state->length -= n;
	state->left -= n;
	state->budget -= n;
	return 0;
}

// Tells everything that `state` says of a message, in pieces; what the budget leaves is a record without bytes. Gives the first bytes.
static __noinline u32 copy_message(struct task_state *state)
{
	if (!state)
		return 0;
	state->pieces = 0;
	state->first = 0;
	if (state->iov_left == 0 && state->left <= MAX_CHUNK && state->left <= state->budget && state->left <= state->length &&
	    state->left > 0 && !state->peer.family) {
		// Most messages: one piece.
		u32 n = state->left;
		state->h.size = n;
		return emit_chunk(state, n);
	}
	if (state->iov_left == 2 && state->length == 0 && state->left > 0 && state->left <= 2 * SMALL_CHUNK && state->left <= state->budget &&
	    !state->peer.family) {
		struct user_iovec parts[2];
		if (bpf_probe_read_user(parts, sizeof(parts), (void *)state->iov) == 0 && parts[0].len <= SMALL_CHUNK &&
		    parts[1].len <= SMALL_CHUNK && parts[0].len + parts[1].len == state->left)
			return emit_pair(state, parts);
	}
	bpf_loop(MAX_PIECES, copy_piece, 0, 0);
	if (state->left > 0 || (state->pieces == 0 && state->h.flags & FLAG_DATAGRAM)) {
		state->h.size = state->left;
		state->h.captured = 0;
		emit(&state->h);
	}
	return state->first;
}
