# Two commands do everything on a fresh machine: make run and make test.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Packages whose tests need nothing but Go.
UNIT := $(shell go list ./... 2>/dev/null | grep -v /tests/)

PAGES := frontend/dist/login/manifest.stamp
PAGES_SOURCES := $(shell find frontend/src frontend/scripts -type f 2>/dev/null) \
	frontend/package-lock.json frontend/tsconfig.json $(wildcard frontend/vite.*.ts)

.PHONY: help
help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

.PHONY: run
run: pages ## Start everything behind one port (PORT, default 8080)
	@go build -o .authway/bin/standalone ./functions/standalone/cmd/standalone
	@exec .authway/bin/standalone

.PHONY: pages
pages: $(PAGES) ## Build the pages

# What these say goes beside the manifests that `make manifests` prints, on a clean clone too.
frontend/node_modules/.package-lock.json: frontend/package-lock.json
	@echo "the pages' packages" >&2
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error >&2
	@touch $@

$(PAGES): frontend/node_modules/.package-lock.json $(PAGES_SOURCES)
	@echo "the pages" >&2
	@cd frontend && npm run --silent build >&2
	@touch $@

# ko builds images without Docker. It is pinned in a module of its own.
KO := go tool -modfile=scripts/ko/go.mod ko
IMAGES := $(addprefix ./functions/,$(foreach f,login consent token admin maintenance,$(f)/cmd/$(f))) \
	./functions/standalone/cmd/drill ./migrations/cmd/migrate ./frontend/cmd/pages
REGISTRY ?= localhost:5000/authway
PLATFORMS ?= linux/amd64,linux/arm64
export KO_DOCKER_REPO = $(REGISTRY)
ifdef BASE_IMAGE
export KO_DEFAULTBASEIMAGE = $(BASE_IMAGE)
endif
# ko takes the base of a single image from its settings alone. Moved into its place, because another make may be reading.
ifdef DRILL_BASE_IMAGE
export KO_CONFIG_PATH := $(CURDIR)/.authway/ko.yaml
$(shell mkdir -p .authway && sed 's|\(/cmd/drill: \).*|\1$(DRILL_BASE_IMAGE)|' .ko.yaml >.authway/ko.$$$$ && mv .authway/ko.$$$$ .authway/ko.yaml)
endif
KO_FLAGS = --base-import-paths --platform=$(PLATFORMS) --sbom=spdx \
	--image-label org.opencontainers.image.title=authway \
	--image-label org.opencontainers.image.revision=$(shell git rev-parse HEAD)

.PHONY: images
images: pages ## Build and push the images to REGISTRY; prints their digests
	$(KO) build $(KO_FLAGS) $(KO_EXTRA) $(IMAGES)

.PHONY: manifests
manifests: pages ## Print OVERLAY's manifests, with the digests of images pushed to REGISTRY
	@kubectl kustomize knative/overlays/$(OVERLAY) | $(KO) resolve $(KO_FLAGS) $(KO_EXTRA) -f -

.PHONY: deploy
deploy: ## Build OVERLAY (local, staging, production), push it to REGISTRY and roll it out
	@$(MAKE) --no-print-directory manifests OVERLAY=$(OVERLAY) | scripts/deploy.sh

.PHONY: check
check: format vet lint shellcheck generated unit architecture frontend-check ## The fast gate, before every commit

.PHONY: format
format:
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; fi

.PHONY: vet
vet:
	go vet ./...

.PHONY: lint
lint:
	go run $(STATICCHECK) ./...

# Dashboards are written by a module of its own, too.
DASHBOARDS := ../../knative/components/monitoring/dashboards

# It is a Debian package: `make parts` installs it.
.PHONY: shellcheck
shellcheck:
	@command -v shellcheck >/dev/null || { echo "there is no shellcheck here: make parts installs it"; exit 1; }
	shellcheck -x $$(git ls-files --cached --others --exclude-standard '*.sh' '*.bash') .ci/run

.PHONY: generate
generate: frontend/node_modules/.package-lock.json ## Write what follows from the administration's OpenAPI document, and the dashboards
	scripts/openapi/generate.sh
	cd scripts/dashboards && go run . -out $(DASHBOARDS)

.PHONY: generated
generated: frontend/node_modules/.package-lock.json
	scripts/openapi/generate.sh --check
	cd scripts/dashboards && go run . -check $(DASHBOARDS) && go vet . && go test -count=1 .
	go mod verify
	go mod tidy -diff

.PHONY: unit
unit: pages
	go test -race -shuffle=on $(UNIT)

.PHONY: architecture
architecture:
	go test ./tests/architecture/...

.PHONY: frontend-check
frontend-check: pages
	cd frontend && npm run --silent check

.PHONY: test
test: parts check manifests-test images-test integration recovery monitoring e2e ## Everything; installs what it needs

# Modules of their own: what they need is needed by nothing that is deployed.
.PHONY: manifests-test
manifests-test: pages
	cd tests/manifests && go vet ./... && go test -count=1 ./...

# What go keeps of a test's result knows nothing of what make compiles for it.
.PHONY: images-test
images-test: pages
	cd tests/images && go vet ./... && go test -count=1 -v -timeout 30m ./...

.PHONY: test-cluster
test-cluster: pages ## Try it out on a real cluster (see tests/cluster/README.md)
	cd tests/cluster && go test -count=1 -timeout 30m -v ./...

.PHONY: parts
parts: ## Install what the tests need (Debian packages, npm packages)
	@scripts/install-test-parts.sh

tests/examples/node/node_modules/.package-lock.json: tests/examples/node/package-lock.json
	cd tests/examples/node && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: integration
integration: pages tests/examples/node/node_modules/.package-lock.json
	go test -race -shuffle=on -timeout 20m ./tests/integration/...

# It runs the scripts, of which go knows nothing.
.PHONY: recovery
recovery: pages ## Back up, restore and sign in again, on real parts; and run the scripts that look for faults
	go test -shuffle=on -count=1 -timeout 20m ./tests/recovery/... ./tests/scripts/...

tests/monitoring/logql/node_modules/.package-lock.json: tests/monitoring/logql/package-lock.json
	cd tests/monitoring/logql && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# It reads the component's files, of which go knows nothing.
.PHONY: monitoring
monitoring: pages tests/monitoring/logql/node_modules/.package-lock.json ## Make every alert fire by its fault, and ask every panel for data
	go test -shuffle=on -count=1 -timeout 15m ./tests/monitoring/...

.PHONY: benchmark
benchmark: pages ## Hold what this machine measures against the budgets (fifteen minutes)
	scripts/performance-benchmark.sh

tests/e2e/node_modules/.package-lock.json: tests/e2e/package-lock.json
	cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: e2e
e2e: pages tests/e2e/node_modules/.package-lock.json
	cd tests/e2e && npm test
