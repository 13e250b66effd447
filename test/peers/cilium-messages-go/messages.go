package main

import (
	"encoding/binary"
)

func number() uint32 {
	return pick(0, 1, 2, 3, 6, 7, 8, uint32(random.Intn(300)), uint32(random.Intn(70000)), random.Uint32(), 16777217)
}

func head(kind byte, subtype byte, version byte) []byte {
	h := []byte{kind, subtype}
	h = binary.LittleEndian.AppendUint16(h, uint16(number()))
	h = binary.LittleEndian.AppendUint32(h, number())
	h = binary.LittleEndian.AppendUint32(h, uint32(random.Intn(3000)))
	h = binary.LittleEndian.AppendUint16(h, uint16(pick(0, 54, 128, random.Intn(200))))
	return append(h, version, pick[byte](0, 0, 0, 0, 0, 0, 0, 0, 1))
}

func drop() []byte {
	version := byte(pick(1, 1, 2, 2, 3, 3, 3, 3, 0, 4))
	h := head(1, pick(byte(random.Intn(256)), byte(130+random.Intn(80)), 206, 207, 205, 169, 9, 10), version)
	for range 3 {
		h = binary.LittleEndian.AppendUint32(h, number())
	}
	h = binary.LittleEndian.AppendUint16(h, uint16(number()))
	h = append(h, pick(byte(random.Intn(14)), byte(100+random.Intn(20)), byte(random.Intn(256))), pick[byte](0, 0, 0, byte(random.Intn(256))))
	h = binary.LittleEndian.AppendUint32(h, number())
	flags := pick[byte](0, 0, 1, 2, 3, 4, 5, 7, 8, 9, 11, byte(random.Intn(256)))
	if version >= 2 {
		h = append(h, flags, 0, 0, 0)
	}
	if version >= 3 {
		h = binary.LittleEndian.AppendUint64(h, pick(0, 0, 0, uint64(number()), random.Uint64()))
	}
	return append(h, packet(version >= 2, flags)...)
}

func trace() []byte {
	version := byte(pick(0, 1, 1, 2, 2, 2, 2, 3))
	h := head(4, pick(byte(random.Intn(16)), byte(random.Intn(16)), byte(random.Intn(256))), version)
	h = binary.LittleEndian.AppendUint32(h, number())
	h = binary.LittleEndian.AppendUint32(h, number())
	h = binary.LittleEndian.AppendUint16(h, uint16(number()))
	flags := pick[byte](0, 0, 1, 2, 3, 4, 5, 7, 8, 9, 11, byte(random.Intn(256)))
	h = append(h, pick(byte(random.Intn(12)), byte(random.Intn(12)), byte(128+random.Intn(12)), byte(random.Intn(256))), flags)
	h = binary.LittleEndian.AppendUint32(h, number())
	if version >= 1 {
		h = append(h, address()...)
	}
	if version >= 2 {
		h = binary.LittleEndian.AppendUint64(h, pick(0, 0, 0, uint64(number()), random.Uint64()))
	}
	return append(h, packet(true, flags)...)
}

func verdict() []byte {
	h := head(5, byte(random.Intn(4)), byte(pick(0, 0, 0, 0, 1, 2)))
	h = binary.LittleEndian.AppendUint32(h, number())
	h = binary.LittleEndian.AppendUint32(h, pick(0, 0, ^uint32(132), ^uint32(180), ^uint32(188), ^uint32(205), ^uint32(206), number(), uint32(random.Intn(66000))))
	h = binary.LittleEndian.AppendUint16(h, uint16(number()))
	flags := pick(byte(random.Intn(128)), byte(random.Intn(256)))
	h = append(h, pick[byte](6, 17, 1, 58, 132, 0, byte(random.Intn(256))), flags, pick[byte](0, 0, 1, 2, 255), 0, 0, 0)
	h = binary.LittleEndian.AppendUint32(h, pick(0, 0, number()))
	h = append(h, 0, 0, 0, 0)
	return append(h, packet(false, 0)...)
}

func debug() []byte {
	h := []byte{2, pick(byte(random.Intn(72)), byte(random.Intn(72)), byte(random.Intn(256)))}
	h = binary.LittleEndian.AppendUint16(h, uint16(number()))
	for range 4 {
		h = binary.LittleEndian.AppendUint32(h, number())
	}
	return append(h, some(random.Intn(5))...)
}

func capture() []byte {
	h := head(3, pick(byte(random.Intn(14)), byte(random.Intn(14)), byte(random.Intn(256))), byte(pick(0, 1, 1, 1, 2)))
	h = binary.LittleEndian.AppendUint32(h, number())
	h = binary.LittleEndian.AppendUint32(h, number())
	return append(h, packet(false, 0)...)
}

func socket() []byte {
	h := []byte{7, pick(byte(random.Intn(7)), byte(random.Intn(256)))}
	h = append(h, pick[byte](0, 1, 2, byte(random.Intn(256))), pick[byte](0, 1, 1, byte(random.Intn(256))))
	h = binary.LittleEndian.AppendUint16(h, uint16(number()))
	h = append(h, 0, 0)
	h = binary.LittleEndian.AppendUint64(h, pick(0, uint64(number()), random.Uint64()))
	h = binary.LittleEndian.AppendUint64(h, pick(0, uint64(number()), random.Uint64()))
	h = append(h, address()...)
	return append(h, some(random.Intn(5))...)
}
