# From cells to tables: TABLE-cells makes a table's cells, TABLE-join the table of those that are there.

table_cells = $(addprefix $(OUT)/,$(addsuffix /$(or $($(1)_FILE),eval.tsv),$($(1)_CELLS)))
table_files = $(sort $(foreach c,$($(1)_CELLS),$(call cell_files,$(subst /, ,$(c)))))
# Tables that read a dataset.
needing = $(strip $(foreach t,$(TABLES),$(if $(filter $(1),$($(t)_SETS)),$(t))))

$(foreach t,$(TABLES),$(t)-cells): %-cells: $$(call table_cells,$$*)
$(foreach t,$(TABLES),$(t)-join): %-join: $$(if $$(and $$($$*_TASK),$$(wildcard $$(call table_cells,$$*))),$(OUT)/$$*.tsv)
	@:

# What the cells of a table read, for those who then make cells on several machines.
$(foreach t,$(TABLES),$(t)-sets): %-sets: $$(call table_files,$$*) $(OUT)/settings

# A cell that is missing stands in the table as such and makes its status 4: the table stays, and make goes on to fail.
comma := ,
listed = $(subst $(eval) ,$(comma),$(strip $(1)))
JOIN_OPTIONS = $(if $(FRACTIONS),--fractions $(call listed,$(FRACTIONS:%=%%))) \
	$(if $(call differ,$($*_INITS),$(PRINTED_INITS_$*)),--inits $(call listed,$($*_INITS)))
differ = $(filter-out $(1),$(2))$(filter-out $(2),$(1))
$(TABLES:%=$(OUT)/%.tsv): $(OUT)/%.tsv: tables/paper.tsv $(HERE)/notes.awk $(OUT)/%.asked \
		$$(wildcard $$(call table_cells,$$*))
	@frl-finetune $($*_TASK) --print-preset |
		awk -v task=$($*_TASK) -v options='$(OPTIONS)' -f $(HERE)/notes.awk >$(@:.tsv=.notes)
	frl-eval table $* --paper tables/paper.tsv $(strip $(JOIN_OPTIONS)) --notes $(@:.tsv=.notes) \
		-o $@ --markdown $(@:.tsv=.md) $(filter %/eval.tsv,$^)
	rm $(@:.tsv=.notes)
	echo $@ $(@:.tsv=.md)
# Other lines are another table.
$(OUT)/%.asked: always
	@mkdir -p $(@D)
	echo '$(strip $(JOIN_OPTIONS))' | cmp -s - $@ || echo '$(strip $(JOIN_OPTIONS))' >$@
.PRECIOUS: $(TABLES:%=$(OUT)/%.tsv)

.PHONY: $(foreach t,$(TABLES),$(t)-sets $(t)-cells $(t)-join)
