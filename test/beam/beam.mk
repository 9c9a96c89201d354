# Random programs of links, monitors, traps and kills: what they come to on kith, over seeds in the
# simulator and on threads, is what they come to on the BEAM. Without `erl` there is nothing to compare.
#
#	make beam [SEED=N] [BEAM_PROGRAMS=N] [BEAM_SEEDS=N] [BEAM_THREADS=N]

BEAM_PROGRAMS ?= 1000
BEAM_SEEDS ?= 5
BEAM_THREADS ?= 5

$(O)/test/beam/lua_links.o: test/beam/links.h test/unit/lua_stage.h
$(O)/beam/lua_links: $(O)/test/beam/lua_links.o $(call library_below,lua)
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(flags) -o $@ $^ $(libs)

beam: $(O)/beam/lua_links ## links, monitors, traps and kills as the BEAM has them (needs erl)
	@env $(san_env) test/beam/run.sh $(O)/beam $(SEED) $(BEAM_PROGRAMS) $(BEAM_SEEDS) $(BEAM_THREADS)

.PHONY: beam
