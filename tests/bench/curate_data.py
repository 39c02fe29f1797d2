"""Lists as published, of random numbers, for the speed of frl-curate: tests/bench/curate_data.py DIR [ROWS]

DIR/vggface2: boxes and points of ROWS (3,400,000) faces; DIR/imdb-face: as many rows. About 1 GB.
"""

import os
import sys

import numpy as np

out, rows = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3400000
vgg, imdb = os.path.join(out, "vggface2", "bb_landmark"), os.path.join(out, "imdb-face")
os.makedirs(vgg, exist_ok=True)
os.makedirs(imdb, exist_ok=True)
rng = np.random.default_rng(0)

with open(os.path.join(vgg, "loose_bb_train.csv"), "w") as b, open(os.path.join(vgg, "loose_landmark_train.csv"), "w") as p, \
        open(os.path.join(imdb, "IMDb-Face.csv"), "w") as f:
    b.write("NAME_ID,X,Y,W,H\n")
    p.write("NAME_ID," + ",".join(f"P{i}X,P{i}Y" for i in range(1, 6)) + "\n")
    f.write("name,index,image,rect,height width,url\n")
    for i in range(rows):
        if i % 100000 == 0:
            box, point = rng.integers(-20, 400, (100000, 4)).tolist(), rng.uniform(0, 300, (100000, 10)).round(4).tolist()
        x, y, w, h = box[i % 100000]
        name = f'"n{i // 360:06d}/{i % 360 + 1:04d}_01"'
        b.write(f"{name},{x},{y},{w},{h}\n")
        p.write(name + "," + ",".join(map(repr, point[i % 100000])) + "\n")
        f.write(f"nm{i // 28:07d}_Some_Name,FaceId_{i % 28},{i:08d}.jpg,{x} {y} {x + abs(w)} {y + abs(h)},{600 + i % 700} "
                f"{500 + i % 500},https://images-na.ssl-images-amazon.com/images/M/MV5BMTY{i:012d}_V1_AL_.jpg\n")
