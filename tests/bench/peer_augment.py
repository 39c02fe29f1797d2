"""SwAV's views of pictures in memory as the reference makes them: torchvision on Pillow, blur by OpenCV.

  python peer_augment.py --pictures FOLDER FILE      64 pictures of 256x256 RGB bytes, cut from photos, for both sides
  python peer_augment.py FILE [SECONDS]

Views are 2 of 224 and 6 of 96 pixels with the transforms of main_swav.py and FRL's multi-crop dataset (spec/paper.md 4.7), to a
normalised tensor, on one thread. Prints pictures a second and CPU milliseconds a picture. Versions that PERF.md's figures were
made with: torch 2.15.0, torchvision 0.29.2, pillow 13.0.0, opencv-python-headless 5.0.0.93, numpy 2.4.6.
"""

import sys
import time

import numpy as np

import peer

SIDE, COUNT = 256, 64


def write_pictures(folder, path):
    from PIL import Image, ImageOps

    with open(path, "wb") as f:
        for name in peer.pictures(folder)[:COUNT]:
            with Image.open(name) as p:
                f.write(ImageOps.fit(p.convert("RGB"), (SIDE, SIDE)).tobytes())


def views():
    import cv2
    import torch
    from PIL import Image
    from torchvision import transforms as T

    cv2.setNumThreads(1)
    torch.set_num_threads(1)

    class Blur:
        def __call__(self, p):
            if np.random.random_sample() >= 0.5:
                return p
            sigma = (2.0 - 0.1) * np.random.random_sample() + 0.1
            return Image.fromarray(cv2.GaussianBlur(np.asarray(p), (23, 23), sigma))

    def view(size, area):
        return T.Compose([
            T.RandomResizedCrop(size, scale=area),
            T.RandomApply([T.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8),
            T.RandomGrayscale(p=0.2),
            Blur(),
            T.RandomHorizontalFlip(),
            T.ToTensor(),
            T.Normalize(mean=[0.485, 0.456, 0.406], std=[0.228, 0.224, 0.225]),
        ])

    return [view(224, (0.14, 1.0))] * 2 + [view(96, (0.05, 0.14))] * 6


def main():
    if sys.argv[1] == "--pictures":
        return write_pictures(*sys.argv[2:4])
    from PIL import Image

    bytes_ = np.fromfile(sys.argv[1], np.uint8).reshape(-1, SIDE, SIDE, 3)
    pictures = [Image.fromarray(b) for b in bytes_]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 5
    make = views()
    for p in pictures[:4]:
        [v(p) for v in make]
    done, start, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        p = pictures[done % len(pictures)]
        [v(p) for v in make]
        done += 1
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(f"{done / wall:.2f}\t{cpu / done * 1000:.3f}")


if __name__ == "__main__":
    main()
