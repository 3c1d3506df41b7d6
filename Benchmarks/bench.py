#!/usr/bin/env python3
"""Mounts of one bucket side by side: the same work on the same store in the same run.

    bench.py [--fs windlass,s3fs,rclone] [--mib 512] [--repeat 3] [--only NAME,...]

Only the ratios between the columns mean anything: absolute times vary from machine to machine. A write counts as done when the store
has the object at its full size, not when the mount says so. `raw` moves the same bytes with boto3's transfer manager, without a mount.
Root is needed to drop the page cache before reads. The store is windlass-store on a folder of --scratch, best on a tmpfs.
"""
import argparse, io, json, os, shutil, statistics, subprocess, sys, tempfile, time, uuid
from pathlib import Path

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

MIB = 1 << 20
KEYS = ("benchmark", "benchmarksecret")
BLOCK = os.urandom(8 * MIB)


class Store:
    def __init__(self, binary, folder):
        env = dict(os.environ, AWS_ACCESS_KEY_ID=KEYS[0], AWS_SECRET_ACCESS_KEY=KEYS[1])
        self.process = subprocess.Popen([binary, folder, "--port", "0", "--log-level", "error"], stdout=subprocess.PIPE, text=True, env=env)
        line = self.process.stdout.readline()
        if "http://" not in line:
            sys.exit(f"bench: {binary} did not start")
        self.endpoint = next(word for word in line.split() if word.startswith("http://"))

    def client(self):
        return boto3.client(
            "s3", endpoint_url=self.endpoint, aws_access_key_id=KEYS[0], aws_secret_access_key=KEYS[1], region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, max_pool_connections=32))

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Mount:
    """One system, mounted afresh, so that it starts cold."""

    def __init__(self, name, binary, store, bucket, scratch):
        self.folder = tempfile.mkdtemp(prefix=f"{name}-", dir=scratch)
        self.path = f"{self.folder}/mnt"
        os.mkdir(self.path)
        env = dict(os.environ, AWS_ACCESS_KEY_ID=KEYS[0], AWS_SECRET_ACCESS_KEY=KEYS[1], XDG_CACHE_HOME=f"{self.folder}/cache")
        env.pop("AWS_CA_BUNDLE", None)  # rclone refuses to start with it
        self.process = subprocess.Popen(self.command(name, binary, store.endpoint, bucket), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not os.path.ismount(self.path):
            if time.monotonic() > deadline or self.process.poll() not in (None, 0):
                raise RuntimeError(f"{name} did not mount")
            time.sleep(0.02)

    def command(self, name, binary, endpoint, bucket):
        if name == "s3fs":
            passwords = f"{self.folder}/keys"
            with open(os.open(passwords, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(":".join(KEYS))
            return [binary, bucket, self.path, "-f", "-o", f"url={endpoint},use_path_request_style,passwd_file={passwords},tmpdir={self.folder},"
                    "parallel_count=16,multipart_size=8"]
        if name == "rclone":
            remote = f":s3,provider=Other,access_key_id={KEYS[0]},secret_access_key='{KEYS[1]}',endpoint='{endpoint}',force_path_style=true:{bucket}"
            return [binary, "mount", remote, self.path, "--config", "/dev/null", "--vfs-cache-mode", "full", "--cache-dir", f"{self.folder}/cache",
                    "--vfs-write-back", "0s", "--transfers", "16", "--s3-upload-concurrency", "8", "--s3-chunk-size", "8M"]
        return [binary, "mount", bucket, self.path, "--endpoint", endpoint, "--foreground"]

    def figures(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
        return {"cpu_s": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), "peak_mib": peak}

    def end(self):
        deadline = time.monotonic() + 30
        while subprocess.run(["fusermount3", "-u", self.path], stderr=subprocess.DEVNULL).returncode and os.path.ismount(self.path):
            if time.monotonic() > deadline:
                subprocess.run(["fusermount3", "-uz", self.path])
                break
            time.sleep(0.1)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def payload(mib):
    return io.BytesIO((BLOCK * (mib // 8 + 1))[: mib * MIB])


TRANSFER = TransferConfig(multipart_chunksize=8 * MIB, max_concurrency=8)


def write_sequential(path, client, bucket, mib):
    with open(f"{path}/file", "wb", buffering=0) as file:
        for _ in range(mib // 8):
            for offset in range(0, 8 * MIB, MIB):
                file.write(BLOCK[offset:offset + MIB])
    deadline = time.monotonic() + 120
    while True:
        try:
            if client.head_object(Bucket=bucket, Key="file")["ContentLength"] == mib * MIB:
                return
        except client.exceptions.ClientError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("the object never reached the store")
        time.sleep(0.005)


def read_sequential(path, client, bucket, mib):
    total = 0
    with open(f"{path}/file", "rb", buffering=0) as file:
        while chunk := file.read(MIB):
            total += len(chunk)
    assert total == mib * MIB, total


# name: (what to do, whether the object is there before, how raw does it)
WORKLOADS = {
    "write_seq": (write_sequential, False, lambda client, bucket, mib: client.upload_fileobj(payload(mib), bucket, "file", Config=TRANSFER)),
    "read_seq": (read_sequential, True, lambda client, bucket, mib: client.download_fileobj(bucket, "file", io.BytesIO(), Config=TRANSFER)),
}


def drop_caches():
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        print("bench: the page cache cannot be dropped without root: reads may be too fast", file=sys.stderr)


def measure(name, workload, options, store):
    work, seeded, raw = WORKLOADS[workload]
    client, bucket = store.client(), "b" + uuid.uuid4().hex[:12]
    client.create_bucket(Bucket=bucket)
    if seeded:
        client.upload_fileobj(payload(options.mib), bucket, "file", Config=TRANSFER)
    drop_caches()
    before = store.cpu_seconds()
    if name == "raw":
        start = time.monotonic()
        raw(client, bucket, options.mib)
        result = {"s": time.monotonic() - start}
    else:
        mount = Mount(name, options.binaries[name], store, bucket, options.scratch)
        try:
            start = time.monotonic()
            work(mount.path, client, bucket, options.mib)
            result = {"s": time.monotonic() - start, **mount.figures()}
        finally:
            mount.end()
    result["server_cpu_s"] = store.cpu_seconds() - before
    client.delete_object(Bucket=bucket, Key="file")
    client.delete_bucket(Bucket=bucket)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fs", default="windlass,s3fs,rclone")
    parser.add_argument("--only", default=",".join(WORKLOADS))
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--bin-dir", default=".build/release")
    parser.add_argument("--scratch", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir())
    parser.add_argument("--out", help="write the figures as JSON to this file")
    options = parser.parse_args()
    binaries = Path(options.bin_dir).resolve()
    options.binaries = {name: str(binaries / name) if name == "windlass" else shutil.which(name) for name in options.fs.split(",")}
    for name, binary in list(options.binaries.items()):
        if not binary or not os.path.exists(binary):
            print(f"bench: {name} is not installed and is left out", file=sys.stderr)
            del options.binaries[name]
    options.scratch = tempfile.mkdtemp(prefix="windlass-bench-", dir=options.scratch)
    store = Store(str(binaries / "windlass-store"), f"{options.scratch}/store")
    results = {}
    try:
        for workload in options.only.split(","):
            rows = {name: [] for name in ["raw", *options.binaries]}
            for _ in range(options.repeat):
                for name in rows:
                    rows[name].append(measure(name, workload, options, store))
            results[workload] = {
                name: {key: round(statistics.median(run[key] for run in runs), 2) for key in runs[0]} for name, runs in rows.items()}
            base = results[workload].get("windlass", results[workload]["raw"])["s"]
            print(f"{workload} ({options.mib} MiB, median of {options.repeat})")
            for name, figures in results[workload].items():
                rest = "  ".join(f"{key} {value}" for key, value in figures.items() if key != "s")
                print(f"  {name:<10}{figures['s']:>7.2f} s  x{figures['s'] / base:<6.2f}{rest}", flush=True)
        if options.out:
            Path(options.out).write_text(json.dumps(results, indent=1) + "\n")
    finally:
        store.stop()
        shutil.rmtree(options.scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
