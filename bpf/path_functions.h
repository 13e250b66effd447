// What functions of the kernel add to it, where these may be watched: by fentry, or by kprobe. Each program is optional, too.
#pragma once
#include "paths.h"

// Functions that were entered: by the packet, or the stack's address where the return knows no arguments.
struct entered {
	u64 at;
	u64 owner; // a socket, or the packet that came in
	u32 is_arrival;
	u32 pad;
};

struct entered_key {
	u64 at;
	u64 what;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct entered_key);
	__type(value, struct entered);
} functions SEC(".maps");

enum function { IN_IP_SEND = 1, IN_NEIGHBOUR = 2, IN_FILTER = 3 };

static __always_inline int enter(u64 key, u32 what, u64 owner, u32 is_arrival)
{
	struct entered_key at = {key, what};
	struct entered entered = {bpf_ktime_get_ns(), owner, is_arrival, 0};
	bpf_map_update_elem(&functions, &at, &entered, BPF_ANY);
	return 0;
}

// Adds the time since it was entered.
static __always_inline int leave(u64 key, u32 what, u32 count_sum, u32 time_sum)
{
	struct entered_key at = {key, what};
	struct entered *entered = bpf_map_lookup_elem(&functions, &at);
	if (!entered)
		return 0;
	u64 took = bpf_ktime_get_ns() - entered->at;
	if (entered->is_arrival) {
		struct arrival *arrival = arrival_of(entered->owner);
		if (arrival) {
			arrival->filters++;
			arrival->filter_time += took;
		}
	} else {
		struct path *path = path_of(entered->owner);
		if (path) {
			if (count_sum)
				add(&path->sent[count_sum], 1);
			add(&path->sent[time_sum], took);
		}
	}
	bpf_map_delete_elem(&functions, &at);
	return 0;
}

static __always_inline int enter_ip_send(u64 key, u64 sk, u64 packet)
{
	struct sk_buff *skb = (struct sk_buff *)packet;
	struct path *path = path_of(sk);
	if (!path)
		return 0;
	path->local_at = 0;
	path->output_at = 0;
	if (data_in(skb, BPF_CORE_READ(skb, data)) == 0)
		return 0;
	// A packet with data is on its way down.
	path->local_at = bpf_ktime_get_ns();
	return enter(key, IN_IP_SEND, sk, 0);
}

static __always_inline int pass_local_out(u64 sk)
{
	struct path *path = path_of(sk);
	if (path && path->local_at)
		path->local_at = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int pass_output(u64 sk)
{
	struct path *path = path_of(sk);
	if (!path || path->local_at == 0)
		return 0;
	path->output_at = bpf_ktime_get_ns();
	add(&path->sent[SUM_LOCAL], path->output_at - path->local_at);
	path->local_at = 0;
	return 0;
}

static __always_inline int pass_finish_output(u64 sk)
{
	struct path *path = path_of(sk);
	if (!path || path->output_at == 0)
		return 0;
	add(&path->sent[SUM_OUTPUT], bpf_ktime_get_ns() - path->output_at);
	path->output_at = 0;
	return 0;
}

static __always_inline int enter_neighbour(u64 key, u64 packet)
{
	u64 sk = (u64)BPF_CORE_READ((struct sk_buff *)packet, sk);
	return path_of(sk) ? enter(key, IN_NEIGHBOUR, sk, 0) : 0;
}

#define NF_INET_LOCAL_OUT 3

static __always_inline int enter_filter(u64 key, u64 packet, u64 hook_state)
{
	u32 hook = BPF_CORE_READ((struct nf_hook_state *)hook_state, hook);
	if (hook < NF_INET_LOCAL_OUT)
		return arrival_of(packet) ? enter(key, IN_FILTER, packet, 1) : 0;
	u64 sk = (u64)BPF_CORE_READ((struct sk_buff *)packet, sk);
	struct path *path = path_of(sk);
	// Packets without data are not counted anywhere.
	return path && (path->local_at || path->output_at) ? enter(key, IN_FILTER, sk, 0) : 0;
}

static __always_inline int pass_ip_receive(u64 packet)
{
	struct on_processor *here = this_processor();
	struct arrival *arrival = arrival_of(packet);
	if (!here)
		return 0;
	here->receiver = 0;
	here->ip_at = bpf_ktime_get_ns();
	if (arrival)
		arrival->ip_at = here->ip_at;
	return 0;
}

static __always_inline int leave_ip_receive(void)
{
	struct on_processor *here = this_processor();
	if (!here || here->ip_at == 0)
		return 0;
	struct path *path = path_of(here->receiver);
	if (path)
		add(&path->received[SUM_L3], bpf_ktime_get_ns() - here->ip_at);
	here->ip_at = 0;
	here->receiver = 0;
	return 0;
}

static __always_inline int pass_deliver(u64 packet)
{
	struct arrival *arrival = arrival_of(packet);
	if (!arrival)
		return 0;
	arrival->local_at = bpf_ktime_get_ns();
	// ip_rcv_finish, where routes are found, is mostly a part of ip_rcv.
	if (arrival->ip_at)
		arrival->route_time = arrival->local_at - arrival->ip_at;
	return 0;
}

static __always_inline int pass_delivered(u64 packet)
{
	struct arrival *arrival = arrival_of(packet);
	if (arrival && arrival->local_at)
		arrival->local_time += bpf_ktime_get_ns() - arrival->local_at;
	return 0;
}

static __always_inline int pass_tcp_receive(void)
{
	struct on_processor *here = this_processor();
	if (here) {
		here->receiver = 0;
		here->tcp_at = bpf_ktime_get_ns();
	}
	return 0;
}

static __always_inline int leave_tcp_receive(void)
{
	struct on_processor *here = this_processor();
	if (!here || here->tcp_at == 0)
		return 0;
	struct path *path = path_of(here->receiver);
	if (path)
		add(&path->received[SUM_L4], bpf_ktime_get_ns() - here->tcp_at);
	here->tcp_at = 0;
	return 0;
}

// In the thread that calls it, which may sleep there.
static __always_inline int enter_send(u64 sk)
{
	struct task_state *state = watched_task(bpf_get_current_task_btf());
	if (state) {
		state->send_at = bpf_ktime_get_ns();
		state->send_of = sk;
	}
	return 0;
}

static __always_inline int leave_send(void)
{
	struct task_state *state = watched_task(bpf_get_current_task_btf());
	if (!state || state->send_at == 0)
		return 0;
	struct path *path = path_of(state->send_of);
	if (path)
		add(&path->sent[SUM_L4], bpf_ktime_get_ns() - state->send_at);
	state->send_at = 0;
	return 0;
}

// A function of the kernel, by fentry and by kprobe. `key` finds what was entered when it returns.
#define ENTRY(name, function, from_arguments, from_registers)                                              \
	SEC("?fentry/" #function) int fentry_##name(u64 *ctx) { return from_arguments; }                    \
	SEC("?kprobe/" #function) int kprobe_##name(struct pt_regs *ctx) { return from_registers; }
#define RETURN(name, function, from_arguments, from_registers)                                             \
	SEC("?fexit/" #function) int fexit_##name(u64 *ctx) { return from_arguments; }                      \
	SEC("?kretprobe/" #function) int kretprobe_##name(struct pt_regs *ctx) { return from_registers; }

ENTRY(tcp_sendmsg, tcp_sendmsg, enter_send(number_of(ctx, 0)), enter_send(CALL_1(ctx)))
RETURN(tcp_sendmsg, tcp_sendmsg, leave_send(), leave_send())
ENTRY(ip_send, __ip_queue_xmit, enter_ip_send(number_of(ctx, 1), number_of(ctx, 0), number_of(ctx, 1)), enter_ip_send(STACK_AT_ENTRY(ctx), CALL_1(ctx), CALL_2(ctx)))
RETURN(ip_send, __ip_queue_xmit, leave(number_of(ctx, 1), IN_IP_SEND, 0, SUM_L3), leave(STACK_AT_RETURN(ctx), IN_IP_SEND, 0, SUM_L3))
ENTRY(ip6_send, inet6_csk_xmit, enter_ip_send(number_of(ctx, 1), number_of(ctx, 0), number_of(ctx, 1)), enter_ip_send(STACK_AT_ENTRY(ctx), CALL_1(ctx), CALL_2(ctx)))
RETURN(ip6_send, inet6_csk_xmit, leave(number_of(ctx, 1), IN_IP_SEND, 0, SUM_L3), leave(STACK_AT_RETURN(ctx), IN_IP_SEND, 0, SUM_L3))
ENTRY(local_out, __ip_local_out, pass_local_out(number_of(ctx, 1)), pass_local_out(CALL_2(ctx)))
ENTRY(local_out6, __ip6_local_out, pass_local_out(number_of(ctx, 1)), pass_local_out(CALL_2(ctx)))
ENTRY(output, ip_output, pass_output(number_of(ctx, 1)), pass_output(CALL_2(ctx)))
ENTRY(output6, ip6_output, pass_output(number_of(ctx, 1)), pass_output(CALL_2(ctx)))
ENTRY(finish_output, ip_finish_output2, pass_finish_output(number_of(ctx, 1)), pass_finish_output(CALL_2(ctx)))
ENTRY(finish_output6, ip6_finish_output2, pass_finish_output(number_of(ctx, 1)), pass_finish_output(CALL_2(ctx)))
ENTRY(neighbour, neigh_resolve_output, enter_neighbour(number_of(ctx, 1), number_of(ctx, 1)), enter_neighbour(STACK_AT_ENTRY(ctx), CALL_2(ctx)))
RETURN(neighbour, neigh_resolve_output, leave(number_of(ctx, 1), IN_NEIGHBOUR, SUM_MAC, SUM_MAC_TIME), leave(STACK_AT_RETURN(ctx), IN_NEIGHBOUR, SUM_MAC, SUM_MAC_TIME))
ENTRY(filter, nf_hook_slow, enter_filter(number_of(ctx, 0), number_of(ctx, 0), number_of(ctx, 1)), enter_filter(STACK_AT_ENTRY(ctx), CALL_1(ctx), CALL_2(ctx)))
RETURN(filter, nf_hook_slow, leave(number_of(ctx, 0), IN_FILTER, SUM_FILTER, SUM_FILTER_TIME), leave(STACK_AT_RETURN(ctx), IN_FILTER, SUM_FILTER, SUM_FILTER_TIME))
ENTRY(ip_receive, ip_rcv, pass_ip_receive(number_of(ctx, 0)), pass_ip_receive(CALL_1(ctx)))
RETURN(ip_receive, ip_rcv, leave_ip_receive(), leave_ip_receive())
ENTRY(ip6_receive, ipv6_rcv, pass_ip_receive(number_of(ctx, 0)), pass_ip_receive(CALL_1(ctx)))
RETURN(ip6_receive, ipv6_rcv, leave_ip_receive(), leave_ip_receive())
ENTRY(deliver, ip_local_deliver, pass_deliver(number_of(ctx, 0)), pass_deliver(CALL_1(ctx)))
ENTRY(deliver6, ip6_input, pass_deliver(number_of(ctx, 0)), pass_deliver(CALL_1(ctx)))
ENTRY(delivered, ip_local_deliver_finish, pass_delivered(number_of(ctx, 2)), pass_delivered(CALL_3(ctx)))
ENTRY(delivered6, ip6_input_finish, pass_delivered(number_of(ctx, 2)), pass_delivered(CALL_3(ctx)))
ENTRY(tcp_receive, tcp_v4_rcv, pass_tcp_receive(), pass_tcp_receive())
RETURN(tcp_receive, tcp_v4_rcv, leave_tcp_receive(), leave_tcp_receive())
ENTRY(tcp_receive6, tcp_v6_rcv, pass_tcp_receive(), pass_tcp_receive())
RETURN(tcp_receive6, tcp_v6_rcv, leave_tcp_receive(), leave_tcp_receive())
