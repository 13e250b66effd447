# The targets of those who come from openclarity/wasm-filters. Everything is built by npm: Node and `npm ci` are enough.

.PHONY: all build build_filter docker_build docker_release clean

all: build

build: node_modules ## bin/http-trace-filter.wasm, the filter for Envoy and Istio
	npm run build:wasm

build_filter: build

docker_build: ## the same, in a container: neither Node nor npm is needed
	docker build --target filter --output bin .

# The file that ships is the one in bin.
docker_release: docker_build

node_modules:
	npm ci

clean:
	rm -rf bundle dist
