package main

import (
	"encoding/binary"
)

func address() []byte {
	a := make([]byte, 16)
	switch random.Intn(6) {
	case 0:
	case 1:
		copy(a, some(4))
	case 2:
		copy(a, some(16))
	case 3:
		a[10], a[11] = 0xff, 0xff
		copy(a[12:], some(4))
	case 4:
		a[15] = byte(random.Intn(3))
	case 5:
		a[0], a[1], a[random.Intn(16)] = 0xfd, 0, byte(random.Intn(256))
	}
	return a
}

func packet(told bool, flags byte) []byte {
	var p []byte
	ip6 := random.Intn(3) == 0
	if told && flags&2 != 0 && random.Intn(5) != 0 {
		ip6 = true
	}
	ether := !(told && flags&1 != 0 && random.Intn(6) != 0)
	if random.Intn(25) == 0 {
		return some(random.Intn(90))
	}
	if ether {
		p = append(p, some(12)...)
		switch {
		case random.Intn(20) == 0:
			p = append(p, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, byte(1+random.Intn(2)))
			p = append(p, some(20)...)
			return p
		case random.Intn(20) == 0:
			p = append(p, some(2)...)
			return append(p, some(random.Intn(50))...)
		case random.Intn(12) == 0:
			p = append(p, 0x81, 0, 0, byte(random.Intn(200)))
		}
		if ip6 {
			p = append(p, 0x86, 0xdd)
		} else {
			p = append(p, 8, 0)
		}
	}
	p = append(p, network(ip6, 0)...)
	if random.Intn(12) == 0 {
		p = p[:random.Intn(len(p)+1)]
	}
	return p
}

func network(ip6 bool, depth int) []byte {
	proto := pick[byte](6, 6, 6, 17, 17, 17, 1, 58, 132, 112, 2, 4, 41, 47, 50, byte(random.Intn(256)))
	inner := transport(proto, depth)
	var p []byte
	if ip6 {
		chain := []byte{}
		next := proto
		if random.Intn(6) == 0 {
			kind := pick[byte](0, 43, 44, 60)
			ext := append([]byte{next, 0}, some(6)...)
			if kind == 44 {
				ext[2], ext[3] = 0, pick[byte](0, 1)
			}
			chain, next = ext, kind
		}
		p = append(p, 0x60, 0, 0, 0)
		p = binary.BigEndian.AppendUint16(p, uint16(len(inner)+len(chain)))
		p = append(p, next, 64)
		p = append(p, address()...)
		p = append(p, address()...)
		p = append(p, chain...)
	} else {
		options := random.Intn(10) / 9 * 4 * (1 + random.Intn(3))
		p = append(p, byte(0x45+options/4), byte(random.Intn(256)))
		p = binary.BigEndian.AppendUint16(p, uint16(20+options+len(inner)))
		p = append(p, some(2)...)
		p = append(p, pick[byte](0, 0x40, 0x20, 0), pick[byte](0, 0, 0, 5), 64, proto, 0, 0)
		p = append(p, some(8)...)
		for i := 0; i < options; i++ {
			p = append(p, pick[byte](0, 1, 1, byte(random.Intn(256))))
		}
	}
	return append(p, inner...)
}

func transport(proto byte, depth int) []byte {
	port := func() uint16 { return pick[uint16](80, 443, 53, 8080, 8472, 6081, 4789, uint16(random.Intn(65536))) }
	var p []byte
	switch proto {
	case 6:
		p = binary.BigEndian.AppendUint16(p, port())
		p = binary.BigEndian.AppendUint16(p, port())
		p = append(p, some(8)...)
		options := random.Intn(3) / 2 * 4 * random.Intn(8)
		p = append(p, byte(5+options/4)<<4|byte(random.Intn(20)/19), byte(random.Intn(256)))
		p = append(p, some(6)...)
		p = append(p, tcpOptions(options)...)
	case 17:
		p = binary.BigEndian.AppendUint16(p, port())
		to := port()
		p = binary.BigEndian.AppendUint16(p, to)
		var body []byte
		switch {
		case (to == 8472 || to == 4789) && depth < 2:
			body = append([]byte{8, 0, 0, 0}, some(3)...)
			body = append(body, 0)
			body = append(body, packet(false, 0)...)
		case to == 6081 && depth < 2:
			body = append([]byte{0, 0, 0x65, 0x58}, some(3)...)
			body = append(body, 0)
			body = append(body, packet(false, 0)...)
		default:
			body = some(random.Intn(20))
		}
		p = binary.BigEndian.AppendUint16(p, uint16(8+len(body)))
		p = append(p, some(2)...)
		return append(p, body...)
	case 1, 58:
		p = append(p, byte(random.Intn(20)), byte(random.Intn(8)))
		if proto == 58 {
			p[0] = pick[byte](1, 2, 3, 4, 128, 129, 130, 133, 134, 135, 136, 137, 143, byte(random.Intn(256)))
		}
		p = append(p, some(6)...)
	case 132:
		p = binary.BigEndian.AppendUint16(p, port())
		p = binary.BigEndian.AppendUint16(p, port())
		p = append(p, some(8)...)
		p = append(p, byte(random.Intn(16)), 0, 0, 8)
		return append(p, some(4)...)
	}
	return append(p, some(random.Intn(40))...)
}

func tcpOptions(length int) (p []byte) {
	for len(p) < length {
		switch random.Intn(6) {
		case 0:
			p = append(p, 2, 4, 5, 0xb4)
		case 1:
			p = append(p, 8, 10)
			p = append(p, some(8)...)
		case 2:
			p = append(p, 1)
		case 3:
			p = append(p, 3, 3, 7)
		case 4:
			p = append(p, 4, 2)
		default:
			p = append(p, byte(random.Intn(256)), byte(random.Intn(12)))
		}
	}
	return p[:length]
}
