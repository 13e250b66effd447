module tapline.test/cilium-go-peer

go 1.25.0

require github.com/cilium/cilium v1.19.4
