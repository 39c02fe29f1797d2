# Recognition: trained on VGGFace2, pairs of templates of IJB-B and IJB-C; 100, 10 and 2 % of the pictures, from each
# initialisation. Faces are aligned by the five points that come with them, 112 pixels.

TABLES += recognition
recognition_SETS = vggface2 ijbb ijbc
recognition_TASK = recognition
recognition_INITS = $(INITS)
PRINTED_INITS_recognition = random imagenet vggface ours
recognition_CELLS = $(call cells,recognition,vggface2,100 10 2,$(INITS))

define recognition
$(BEGIN)
run=$$cell/run
$(call TRAIN,)
for set in ijbb ijbc; do
meta='$(DATA)'/$$set/meta/$$set
frl-eval embed --model $$run/last --flip-sum --threads $${THREADS:-0} -o $$cell/$$set.bin $(SETS)/$$set/test.bin
frl-eval recognition --pred $$cell/$$set.bin --templates "$${meta}_face_tid_mid.txt" $(continued)
		--quality "$${meta}_name_5pts_score.txt" $(continued)
		--template-pairs "$${meta}_template_pair_label.txt" $(continued)
		$(call tags,$$set) -o $$cell/eval-$$set.tsv
done
cat $$cell/eval-ijbb.tsv $$cell/eval-ijbc.tsv >$$cell/eval.tmp
mv $$cell/eval.tmp $$cell/eval.tsv
$(END)
endef
