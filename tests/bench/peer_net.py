"""The network alone in ONNX Runtime, on noise.

  python peer_net.py MODEL WIDTHxHEIGHT SESSIONS THREADS [SECONDS]

SESSIONS sessions of THREADS threads each run side by side for SECONDS (5), after a warm-up. Prints pictures a second
and CPU milliseconds a picture.
"""

import sys
import threading
import time

import numpy as np

import peer


def main():
    model = peer.onnx_bytes(sys.argv[1])
    width, height = map(int, sys.argv[2].split("x"))
    n_sessions, n_threads = int(sys.argv[3]), int(sys.argv[4])
    seconds = float(sys.argv[5]) if len(sys.argv) > 5 else 5
    sessions = [peer.session(model, n_threads) for _ in range(n_sessions)]
    x = (np.random.default_rng(0).random((1, 3, height, width), np.float32) * 255 - 110).astype(np.float32)
    feed = {sessions[0].get_inputs()[0].name: x}
    for s in sessions:
        for _ in range(3):
            s.run(None, feed)

    done = [0] * n_sessions
    start, cpu = time.perf_counter(), time.process_time()

    def work(i):
        while time.perf_counter() - start < seconds:
            sessions[i].run(None, feed)
            done[i] += 1

    threads = [threading.Thread(target=work, args=(i,)) for i in range(n_sessions)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    print("%.2f\t%.2f" % (sum(done) / wall, 1000 * cpu / sum(done)))


if __name__ == "__main__":
    main()
