module tapline.test/cilium-records-peer

go 1.25.0
