# Builds bin/http-trace-filter.wasm, the filter for Envoy and Istio, where neither Node nor npm is at hand:
#
#     make docker_build        (docker build --target filter --output bin .)
FROM node:24.21.0-bookworm-slim AS build
USER node
RUN mkdir /home/node/tapline
WORKDIR /home/node/tapline
COPY --chown=node:node . .
RUN npm ci && npm run build:wasm

FROM scratch AS filter
COPY --from=build /home/node/tapline/bin/http-trace-filter.wasm /http-trace-filter.wasm
