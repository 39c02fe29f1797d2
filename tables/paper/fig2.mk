# Figure 2: the models of the experiment mesh on Florence's scans, drawn at poses; curves of the distance from each vertex within 95
# mm of the nose to the nearest predicted one, after a similarity from 68 points and ICP, over the distance of the eyes' corners.

TABLES += fig2
fig2_SETS = 300w-lp aflw2000 florence
fig2_CELLS = $(mesh_CELLS)
fig2_FILE = ced-florence.tsv
LANDMARKS = $(OUT)/landmarks/300w/100pct/ours/seed0/run/last

define ced_script
$(BEGIN)
frl-eval predict --model $$cell/run/last --rows $$sets/florence/test.tsv --threads $${THREADS:-0} $(continued)
		-o $$cell/pred-florence.tsv --mesh $$cell/pred-florence.bin $$sets/florence/test.bin
seq 0 67 >$$cell/points-florence.txt
frl-eval mesh --truth $$sets/florence/scans.bin --pred $$cell/pred-florence.bin --align icp $(continued)
		--truth-points $$cell/points-florence.txt --pred-points $$sets/keypoints.txt $(continued)
		$(call tags,florence) --ced $$cell/ced.tmp -o $$cell/eval-florence.tsv
mv $$cell/ced.tmp $$cell/ced-florence.tsv
endef

$(OUT)/%/ced-florence.tsv: $(OUT)/%/eval.tsv $(SETS)/florence/test.bin $(SETS)/florence/test.tsv | $(OUT)/settings
	@NAME=florence $(HERE)/cell $(@D) $^ <<'END'
	$(ced_script)
	END

$(SETS)/florence/test.rows: $(call source,florence) | $(OUT)/settings
	@mkdir -p $(@D)
	$(HERE)/florence '$(DATA)/florence' '$(@D)' '$(LANDMARKS)' || {
		rc=$$?
		echo 'frl: without florence in $(or $(DATA),DATA) there is no $(call needing,florence); the rest goes on' >&2
		exit $$rc
	}
