# x
WEIGHTS = b'a\x41\101\n\\\'\
'
