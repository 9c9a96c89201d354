# What we write ourselves beside a well-kept library that does the same; without the library there is
# nothing to compare.
#
#	make oracle [SEED=N] [SEEDS=N]

jansson := $(shell pkg-config --exists jansson 2>/dev/null && echo yes)

$(O)/test/oracle/lua_json.o: CPPFLAGS += $(if $(jansson),$(shell pkg-config --cflags jansson))
$(O)/oracle/lua_json: $(O)/test/oracle/lua_json.o $(call library_below,lua)
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(flags) -o $@ $^ $(shell pkg-config --libs jansson) $(libs)

oracle: $(if $(jansson),$(O)/oracle/lua_json) ## JSON as jansson has it (needs libjansson-dev)
	@$(if $(jansson),env $(san_env) $(O)/oracle/lua_json $(SEED) $(SEEDS),echo "oracle: JSON is left out: no jansson here")

.PHONY: oracle
