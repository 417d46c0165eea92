# Two stages: build the client and the static binary, then run it alone, as nobody, on a read-only root.
FROM node:20-bookworm-slim AS client
WORKDIR /src/web/client
COPY web/client/package.json web/client/package-lock.json web/client/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web/client ./
RUN npm run build

FROM golang:1.26-bookworm AS server
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=client /src/web/dist ./web/dist
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /nghitruong ./cmd/nghitruong && mkdir /data

FROM scratch
COPY --from=server /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=server /nghitruong /nghitruong
COPY --from=server --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 8080/tcp 7881/tcp 7882/udp 3478/udp
ENTRYPOINT ["/nghitruong"]
CMD ["serve", "--data", "/data", "--listen", "0.0.0.0:8080"]
