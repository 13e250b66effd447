# The targets of those who come from openclarity/wasm-filters. Everything is built by npm: Node and `npm ci` are enough.

.PHONY: all build clean

all: build

build: node_modules ## bin/http-trace-filter.wasm, the filter for Envoy and Istio
	npm run build:wasm

node_modules:
	npm ci

clean:
	rm -rf dist
