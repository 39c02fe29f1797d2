"""Photos to 256x256 faces in Python.

  python peer_pipeline.py MODEL PICTURES OUT [PROCESSES]

PROCESSES (2) processes of one thread take every second picture: OpenCV decodes, ONNX Runtime computes, NumPy decodes
boxes and suppresses overlaps (score > 0.5, NMS 0.4, as frl-detect), Pillow crops and resizes (bilinear, antialiased; a
face measures 190 of 256 pixels, black outside), raw pixels go to OUT.N. Imports and the making of sessions are not
timed. Prints pictures, faces, wall seconds, CPU seconds, and CPU milliseconds a picture for decoding, network, boxes
and cropping.
"""

import multiprocessing
import sys
import time

import peer


def anchors(np, width, height):
    """[N,4] centre x, centre y, width, height in pixels."""
    parts = []
    for step, sizes in ((8, (16, 32)), (16, (64, 128)), (32, (256, 512))):
        x = (np.arange(-(-width // step), dtype=np.float32) + 0.5) * step
        y = (np.arange(-(-height // step), dtype=np.float32) + 0.5) * step
        a = np.empty((len(y), len(x), 2, 4), np.float32)
        a[..., 0] = x[None, :, None]
        a[..., 1] = y[:, None, None]
        a[..., 2:] = np.array(sizes, np.float32)[None, None, :, None]
        parts.append(a.reshape(-1, 4))
    return np.concatenate(parts)


def nms(np, boxes, scores, threshold):
    """Indices kept, best first. Each step suppresses all that overlap the best one at once."""
    x1, y1, x2, y2 = boxes.T
    areas = (x2 - x1 + 1) * (y2 - y1 + 1)
    order = scores.argsort(kind="stable")[::-1]
    keep = []
    while order.size:
        i, rest = order[0], order[1:]
        keep.append(i)
        w = np.maximum(0, np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest]) + 1)
        h = np.maximum(0, np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest]) + 1)
        inter = w * h
        order = rest[inter / (areas[i] + areas[rest] - inter) <= threshold]
    return keep


def detect(np, outputs, width, height):
    """Boxes [N,4] x1 y1 x2 y2 in pixels. Scores are compared before anything is decoded."""
    loc, conf, _ = (o[0] for o in outputs)
    score = conf[:, 1]
    i = np.flatnonzero(score > 0.5)
    loc, score, a = loc[i], score[i], anchors(np, width, height)[i]
    centre = a[:, :2] + 0.1 * loc[:, :2] * a[:, 2:]
    half = a[:, 2:] * np.exp(0.2 * loc[:, 2:]) / 2
    boxes = np.concatenate([centre - half, centre + half], 1)
    return boxes[nms(np, boxes, score, 0.4)]


def crop(np, Image, picture, box):
    """The paper's crop: a square of max(w, h) * 256 / 190 about the centre of the box, 256x256."""
    x1, y1, x2, y2 = (float(v) for v in box)
    side = max(x2 - x1, y2 - y1) * 256 / 190
    x, y = (x1 + x2 - side) / 2, (y1 + y2 - side) / 2
    left, top, n = int(np.floor(x)), int(np.floor(y)), int(np.ceil(side)) + 1
    window = picture.crop((left, top, left + n, top + n))
    inner = (x - left, y - top, x - left + side, y - top + side)
    return window.resize((256, 256), Image.Resampling.BILINEAR, box=inner)


def worker(model, files, out, barrier, results):
    import cv2
    import numpy as np
    from PIL import Image

    cv2.setNumThreads(1)
    s = peer.session(model, 1)
    name = s.get_inputs()[0].name
    mean = np.array([104, 117, 123], np.float32)
    s.run(None, {name: np.zeros((1, 3, 480, 640), np.float32)})
    spent = np.zeros(4)
    faces = 0
    with open(out, "wb") as f:
        barrier.wait()
        begin = time.process_time()
        for path in files:
            t0 = time.process_time()
            bgr = cv2.imread(path)
            t1 = time.process_time()
            outputs = s.run(None, {name: np.ascontiguousarray((bgr - mean).transpose(2, 0, 1))[None]})
            t2 = time.process_time()
            boxes = detect(np, outputs, bgr.shape[1], bgr.shape[0])
            t3 = time.process_time()
            if len(boxes):
                picture = Image.fromarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
            for box in boxes:
                f.write(crop(np, Image, picture, box).tobytes())
            faces += len(boxes)
            t4 = time.process_time()
            spent += (t1 - t0, t2 - t1, t3 - t2, t4 - t3)
    results.put((faces, time.process_time() - begin, tuple(spent)))


def main():
    model = peer.onnx_bytes(sys.argv[1])
    files = peer.pictures(sys.argv[2])
    n = int(sys.argv[4]) if len(sys.argv) > 4 else 2
    ctx = multiprocessing.get_context("spawn")
    barrier, results = ctx.Barrier(n + 1), ctx.Queue()
    workers = [
        ctx.Process(target=worker, args=(model, files[i::n], "%s.%d" % (sys.argv[3], i), barrier, results))
        for i in range(n)
    ]
    for w in workers:
        w.start()
    barrier.wait()
    start = time.perf_counter()
    rows = [results.get() for _ in workers]
    wall = time.perf_counter() - start
    for w in workers:
        w.join()
    faces, cpu = sum(r[0] for r in rows), sum(r[1] for r in rows)
    stages = [1000 * sum(r[2][i] for r in rows) / len(files) for i in range(4)]
    print("%d\t%d\t%.3f\t%.3f\t" % (len(files), faces, wall, cpu) + "\t".join("%.2f" % s for s in stages))


if __name__ == "__main__":
    main()
