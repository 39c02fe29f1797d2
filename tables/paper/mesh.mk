# 3D faces: trained on 300W-LP's coefficients of the Basel Face Model, scored on AFLW2000-3D: 68 points, all vertices, and the
# reconstruction error; 100, 10 and 2 % of the pictures, from each initialisation. BFM is what frl-weights import --bfm writes.

TABLES += mesh
mesh_SETS = 300w-lp aflw2000
mesh_TASK = mesh
mesh_INITS = $(INITS)
PRINTED_INITS_mesh = random imagenet vggface ours
mesh_CELLS = $(call cells,mesh,300w-lp,100 10 2,$(INITS))

define mesh
$(BEGIN)
run=$$cell/run
$(call TRAIN,--params $$sets/300w-lp/params.bin --face-model $(BFM))
frl-eval predict --model $$run/last --rows $$sets/aflw2000/test.tsv --threads $${THREADS:-0} $(continued)
		-o $$cell/pred.tsv --mesh $$cell/pred.bin $$sets/aflw2000/test.bin
frl-eval mesh --truth $$sets/aflw2000/test.tsv --pred $$cell/pred.tsv --yaw yaw $(continued)
		$(call tags,aflw2000) -o $$cell/eval-points.tsv
frl-eval mesh --truth $$sets/aflw2000/test-mesh.bin --pred $$cell/pred.bin --truth-points $$sets/keypoints.txt $(continued)
		$(call tags,aflw2000) -o $$cell/eval-mesh.tsv
cat $$cell/eval-points.tsv $$cell/eval-mesh.tsv >$$cell/eval.tmp && mv $$cell/eval.tmp $$cell/eval.tsv
$(END)
endef

cell_files_mesh = $(SETS)/aflw2000/test-mesh.bin $(bfm_file) $(SETS)/keypoints.txt
300w-lp_CURATE = --params $(SETS)/300w-lp/params.bin
aflw2000_CURATE = --mesh $(SETS)/aflw2000/mesh.bin --model '$(BFM)'
$(SETS)/aflw2000/rows.tsv: $(bfm_file)

$(SETS)/aflw2000/test-mesh.bin: $(SETS)/aflw2000/test.tsv
	@frl-shard cat -q --keys $< -o $@ $(SETS)/aflw2000/mesh.bin

$(SETS)/keypoints.txt: $(bfm_file)
	@mkdir -p $(@D)
	$(HERE)/keypoints '$(BFM)' >$@
