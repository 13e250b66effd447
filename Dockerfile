# Builds bin/http-trace-filter.wasm, the filter for Envoy and Istio, where neither Node nor npm is at hand:
#
#     make docker_build        (docker build --target filter --output bin .)
FROM node:24-bookworm-slim AS build
WORKDIR /tapline
COPY . .
RUN npm ci && npm run build:wasm

FROM scratch AS filter
COPY --from=build /tapline/bin/http-trace-filter.wasm /http-trace-filter.wasm
