# Nghị Trường. `make run` starts a demo, `make test` runs the tests; each installs what it lacks.
SHELL := /bin/bash
.DEFAULT_GOAL := build

GO        ?= go
TOOLS     := $(CURDIR)/bin/tools
CLIENT    := web/client
GOLANGCI  := $(TOOLS)/golangci-lint
GOLANGCI_VERSION := v2.15.0
VERSION   := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS   := -s -w -X main.version=$(VERSION)
CLIENT_SOURCES := $(shell git ls-files $(CLIENT) 2>/dev/null)

.PHONY: run build client test race e2e lint fuzz-short fuzz torture bench clean browsers aiortc gcc

## run: build the client and the binary and start the demo on http://localhost:8080
run: build
	mkdir -p var
	bin/nghitruong demo --listen localhost:8080 --data "$$(mktemp -d var/demo-XXXXXX)"

build: client
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/nghitruong ./cmd/nghitruong

client: web/dist/client.stamp

$(CLIENT)/node_modules/.package-lock.json: $(CLIENT)/package.json $(CLIENT)/package-lock.json
	cd $(CLIENT) && npm ci --no-audit --no-fund
	touch $@

web/dist/client.stamp: $(CLIENT)/node_modules/.package-lock.json $(CLIENT_SOURCES)
	cd $(CLIENT) && npm run --silent build
	touch $@

## test: unit, property and conformance tests, short faults, fuzz corpora as seeds
test: client
	cd $(CLIENT) && npm test --silent
	$(GO) vet ./...
	$(GO) test -timeout 10m ./...

## race: the same under the race detector; installs gcc
race: gcc client
	CGO_ENABLED=1 $(GO) test -race -timeout 25m ./...

## e2e: real browsers against the real binary; pictures in e2e/out
e2e: build browsers e2e/node_modules/.package-lock.json
	cd e2e && npm test --silent

e2e/node_modules/.package-lock.json: e2e/package.json e2e/package-lock.json
	cd e2e && npm ci --no-audit --no-fund
	touch $@

lint: $(GOLANGCI)-$(GOLANGCI_VERSION) client
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'gofmt: the files above need formatting'; exit 1; }
	$(GOLANGCI)-$(GOLANGCI_VERSION) run --timeout 15m ./...
	cd $(CLIENT) && npm run --silent check && npm run --silent lint

$(GOLANGCI)-$(GOLANGCI_VERSION):
	mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(GOLANGCI) $@

## fuzz-short: ten seconds for each fuzz target
fuzz-short:
	@FUZZTIME=10s ./.ci/fuzz

## fuzz: ten minutes for each fuzz target, or FUZZTIME=…
fuzz:
	@FUZZTIME=$${FUZZTIME:-10m} ./.ci/fuzz

## torture: kill, power-cut and loss tests that take as long as they take
torture: build browsers aiortc e2e/node_modules/.package-lock.json
	TORTURE=1 $(GO) test -timeout 120m -run 'Torture|Kill' -count=1 -v ./...
	cd e2e && npm run --silent torture

## bench: the media server against plain Pion, interleaved; then the benchmarks
bench:
	$(GO) run ./bench
	$(GO) test -run '^$$' -bench . -benchmem ./sfu/... ./room ./store ./recordings

browsers:
	@command -v chromium >/dev/null && command -v firefox-esr >/dev/null && command -v ffmpeg >/dev/null && command -v espeak-ng >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium firefox-esr ffmpeg espeak-ng fonts-noto-core >/dev/null; }

aiortc:
	@/usr/bin/python3 -c 'import aiortc' 2>/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-aiortc >/dev/null; }

gcc:
	@command -v gcc >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null; }

clean:
	rm -rf bin web/dist/client web/dist/client.stamp e2e/out
