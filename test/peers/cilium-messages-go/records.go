package main

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/monitor/api"
	"github.com/cilium/cilium/pkg/proxy/accesslog"
)

func word() string {
	return pick("", "a", "app", "k8s", "io.cilium.k8s.policy.cluster", "x y", "<&>", "é\u2028", "\xff\xfe", "tab\t\"q\"", fmt.Sprint(random.Intn(1000)))
}

func labelArray() labels.LabelArray {
	if random.Intn(4) == 0 {
		return nil
	}
	array := labels.LabelArray{}
	for range random.Intn(5) {
		array = append(array, labels.NewLabel(word(), word(), pick("k8s", "reserved", "any", "cidr", "", "container")))
	}
	return array
}

func endpoint() accesslog.EndpointInfo {
	return accesslog.EndpointInfo{ID: pick(0, uint64(number()), random.Uint64()), IPv4: pick("", "10.0.0.1"), IPv6: pick("", "fd00::1"), Port: uint16(number()), Identity: pick(0, uint64(number()), random.Uint64()), Labels: labelArray()}
}

func header() http.Header {
	if random.Intn(3) == 0 {
		return nil
	}
	header := http.Header{}
	for range random.Intn(4) {
		header[pick("Host", "X-Request-Id", "content-type", word())] = pick(nil, []string{}, []string{word()}, []string{word(), word()})
	}
	return header
}

func record() []byte {
	r := accesslog.LogRecord{
		Type:                pick[accesslog.FlowType]("Request", "Request", "Response", "Response", "Sample", "", "x"),
		Timestamp:           time.Unix(int64(random.Intn(2000000000)), int64(random.Intn(1000000000))).UTC().Format(time.RFC3339Nano),
		ObservationPoint:    pick[accesslog.ObservationPoint]("Ingress", "Egress", "", "x"),
		SourceEndpoint:      endpoint(),
		DestinationEndpoint: endpoint(),
		IPVersion:           accesslog.IPVersion(random.Intn(3)),
		Verdict:             pick[accesslog.FlowVerdict]("Forwarded", "Denied", "Error", "Redirected", ""),
		Info:                word(),
		TransportProtocol:   accesslog.TransportProtocol(random.Intn(256)),
		FlowEvent:           pick[accesslog.FlowEvent]("", "FlowAdded", "FlowRemoved"),
	}
	if random.Intn(3) == 0 {
		r.Metadata = []string{word(), word()}
		r.ServiceInfo = &accesslog.ServiceInfo{Name: word(), IPPort: accesslog.IPPort{IP: "1.2.3.4", Port: 80}}
		reason := accesslog.DropReason(random.Intn(256))
		r.DropReason = &reason
	}
	parts := 1 << random.Intn(5)
	if random.Intn(10) == 0 {
		parts = random.Intn(16)
	}
	if parts&1 != 0 {
		r.HTTP = &accesslog.LogRecordHTTP{Code: pick(0, 200, 404, 503, int(number())), Method: pick("GET", "POST", word()), Protocol: pick("HTTP/1.1", "HTTP/2", ""), Headers: header(), MissingHeaders: header(), RejectedHeaders: header()}
		if u, err := url.Parse(pick("http://h.example/a?q=<x>", "https://u:p@h:8443/%7Ea/b%2Fc?x#f", "/only/path", "//host/x", "mailto:a@b", "http://[fd00::1]:80/", "*", "http://h/ä?ö", "?q", "http://h?", "http://h#")); err == nil && random.Intn(8) != 0 {
			r.HTTP.URL = u
		}
	}
	if parts&2 != 0 {
		r.DNS = &accesslog.LogRecordDNS{Query: pick("", "a.example.", word()), TTL: number(), ObservationSource: pick[accesslog.DNSDataSource]("proxy", "standalone-proxy", "", "x"), RCode: random.Intn(25)}
		for range random.Intn(4) {
			r.DNS.IPs = append(r.DNS.IPs, pick(netip.Addr{}, netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("::ffff:10.0.0.9"), netip.MustParseAddr("fe80::1%eth0"), netip.MustParseAddr("fd00::1"), netip.AddrFrom16([16]byte(address()))))
		}
		for range random.Intn(3) {
			r.DNS.CNAMEs = append(r.DNS.CNAMEs, word())
			r.DNS.QTypes = append(r.DNS.QTypes, uint16(pick(1, 28, 5, 65, 64, 63, 42, 33, random.Intn(300), random.Intn(65536))))
			r.DNS.AnswerTypes = append(r.DNS.AnswerTypes, uint16(pick(1, 28, random.Intn(300))))
		}
	}
	if parts&4 != 0 {
		r.L7 = &accesslog.LogRecordL7{Proto: pick("memcached", "cassandra", "", word())}
		if random.Intn(4) != 0 {
			r.L7.Fields = map[string]string{pick("cmd", "status", word()): word()}
		}
	}
	buffer := bytes.NewBuffer([]byte{129})
	if err := gob.NewEncoder(buffer).Encode(r); err != nil {
		panic(err)
	}
	return buffer.Bytes()
}

func agent() []byte {
	text, _ := json.Marshal(map[string]any{"id": random.Intn(100), "labels": []string{word()}, "error": word()})
	notify := api.AgentNotify{Type: api.AgentNotification(random.Intn(14)), Text: pick(string(text), string(text), word(), "{}", `{"id":`)}
	buffer := bytes.NewBuffer([]byte{130})
	if err := gob.NewEncoder(buffer).Encode(notify); err != nil {
		panic(err)
	}
	return buffer.Bytes()
}
