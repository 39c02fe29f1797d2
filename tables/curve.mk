# The course of a run of frl-pretrain or frl-finetune, from its log.tsv (and probe.tsv or val.tsv): RUN/curve.png, RUN/curve.svg.
#   make curve RUN=run/

curve_run = $(patsubst %/,%,$(RUN))

curve:
	@test -n '$(RUN)' || { echo 'frl: make curve RUN=run/' >&2; exit 2; }
	@test -f '$(curve_run)/log.tsv' || { echo 'frl: no $(curve_run)/log.tsv' >&2; exit 2; }
	@for t in png svg; do \
		gnuplot -e "run='$(curve_run)'; type='$$t'" tables/curve.gp && echo "$(curve_run)/curve.$$t" || exit 1; done

.PHONY: curve
