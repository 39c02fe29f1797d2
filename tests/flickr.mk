# The mock Flickr (tests/mock), and what is tested with it at length.

MOCK := $(BUILD)/tests/mock-flickr
$(MOCK): $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/mock/*.c)) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PROBE_LIBS) -lssl -lm

tests-build: $(MOCK)

# Killed a thousand times (CI: fifty).
KILLS ?= 1000
torture: all $(MOCK)
	tests/torture/flickr $(KILLS)

.PHONY: torture

bench-flickr: all $(MOCK)
	@tests/bench/flickr

.PHONY: bench-flickr
