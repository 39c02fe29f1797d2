# Table 2: five action units of BP4D from 1 % of the frames, FERA 2015's training persons against its development persons, ICC(3,1).

TABLES += table2
table2_SETS = bp4d
table2_TASK = au
table2_INITS = $(AU_INITS)
PRINTED_INITS_table2 = ours
table2_CELLS = $(call cells,au,bp4d,1,$(AU_INITS))

au_bp4d = $(call TRAIN_AND_SCORE,bp4d,)
