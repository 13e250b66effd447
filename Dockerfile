# Builds the archive of `npm run package` into an image that runs `tapline` (no docker was at hand: the file is linted, the image was never built):
#
#     docker build --target tapline --tag tapline .
#
# and bin/http-trace-filter.wasm, the filter for Envoy and Istio, where neither Node nor npm is at hand:
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

FROM build AS packed
USER node
RUN npm run package && mkdir archive && tar -xzf package/tapline-*-linux-x64.tar.gz -C archive --strip-components=1

FROM node:24.21.0-bookworm-slim AS tapline
COPY --from=packed /home/node/tapline/archive /opt/tapline
USER node
WORKDIR /home/node
ENTRYPOINT ["/opt/tapline/bin/tapline"]
CMD ["--help"]
