# Every chore of this repository. All of them set up what they need under .cache/ (git-ignored).
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help test venv lint format docs sanity unit fuzz reliability cores integration agents seated bench molecule boundaries package gates site release demo demo-down clean

help: ## Show this help
	@printf 'make TARGET, where TARGET is one of:\n'
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

test: ## Everything CI runs: lint, sanity, unit, cores, integration, package, molecule
	@scripts/test

venv: ## Make .cache/venv with the developer's tools
	@scripts/venv

lint: ## ruff, mypy, shellcheck, yamllint, ansible-lint, changelog and documentation
	@scripts/lint

format: venv ## Let ruff put the Python code in shape
	@.cache/venv/bin/ruff check --fix .; .cache/venv/bin/ruff format .

docs: venv ## Write the pages that are made from the code (docs/roster.md, the command's manual and completions)
	@.cache/venv/bin/python scripts/roster_page.py; .cache/venv/bin/python scripts/command_documents.py

site: ## The docs site, in .cache/site/html: pages, plugins and roles; a warning or a dead link fails
	@scripts/site

sanity: ## ansible-test sanity, without ignore files
	@scripts/sanity

unit: ## Unit tests (ARGS= goes to pytest)
	@scripts/unit $(ARGS)

fuzz: ## A long search for inputs that break a reader (SECONDS=600)
	@scripts/fuzz $(SECONDS)

reliability: ## Break things, and write what came of it into docs/reliability.md
	@scripts/reliability $(ARGS)

cores: ## Every supported ansible-core: syntax, playbooks, preflights, modules, a check of this machine (ARGS= for some)
	@scripts/cores $(ARGS)

integration: ## Tests against a real Synapse (ARGS= goes to pytest)
	@scripts/integration $(ARGS)

agents: ## The pane against the real agent programs, each with a scripted model (ARGS="claude aider" for some)
	@scripts/agents $(ARGS)

seated: ## Each agent program as the role seats it, from the operator's message to the tool that he allowed (ARGS="claude codex" for some)
	@scripts/seated $(ARGS)

bench: ## What it costs beside its peers, written into docs/performance.md (ARGS="matrix modules" for some; half an hour)
	@scripts/bench $(ARGS)

molecule: ## Roles on real systemd hosts (SCENARIO= for one of them)
	@scripts/molecule $(SCENARIO)

boundaries: ## A fleet whose controller, modules and hosts are killed at every play and change (ARGS= for a part; hours)
	@scripts/boundaries $(ARGS)

package: ## Build the wheel and the collection, install both elsewhere, use them
	@scripts/package

gates: ## What the community's gatekeepers look at, each with its log (ARGS= for some)
	@scripts/gates $(ARGS)

release: ## Changelog, version, tag, and what is published, in dist/ (VERSION=1.2.0); nothing leaves this machine
	@scripts/release $(VERSION)

demo: ## A whole fleet on test hosts: provision, talk to it, show its health (Synapse; CONDUIT=FILE-OR-URL for Conduit)
	@scripts/demo

demo-down: ## Remove all that the demo left
	@scripts/demo-down

clean: ## Remove the hosts, their images and .cache/
	@! [ -x tests/hosts/down ] || tests/hosts/down --images
	@rm -rf .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .ansible build dist *.egg-info
