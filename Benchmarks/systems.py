"""The systems beside each other: where each comes from, with which options it is mounted, and why with these.

All get the same concurrency and part size (16 requests, parts of 8 MiB) and as much cache of attributes as they have. Nobody's cache outlives a mount,
except in the workload that is about just that.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

from store import KEYS, REGION

FILES = {"windlass": "windlass", "windlass-wb": "windlass", "s3fs": "s3fs", "rclone": "rclone", "juicefs": "juicefs"}
# Mounts of a bucket that hold files as objects of the same names; the others are told only what goes through their mounts.
HOLDS_FILES_AS_OBJECTS = {"windlass", "windlass-wb", "s3fs", "rclone"}


class System:
    """One program that can mount, or the reason why there is none."""

    def __init__(self, name, bin_dir):
        self.name = name
        self.binary = find_program(FILES[name], bin_dir)
        self.help = help_text(self.binary, name) if self.binary else ""

    @property
    def native(self):
        return self.name in HOLDS_FILES_AS_OBJECTS

    def version(self):
        option = {"s3fs": "--version", "rclone": "version", "juicefs": "version"}.get(self.name, "--version")
        text = subprocess.run([self.binary, option], capture_output=True, text=True, timeout=30).stdout
        return text.splitlines()[0].strip() if text else "?"

    def knows(self, option):
        return option in self.help

    def command(self, endpoint, bucket, mount, folder, cache):
        """The command that mounts in the foreground. `folder` is this mount's own; `cache` may be kept for the next one."""
        build = {"s3fs": s3fs, "rclone": rclone, "juicefs": juicefs}.get(self.name, windlass)
        return build(self, endpoint, bucket, mount, folder, cache)


def find_program(name, bin_dir):
    """Windlass from the build; the others from the Python environment, which has newer ones than the distribution, else from PATH."""
    if name.startswith("windlass"):
        return existing(Path(bin_dir) / name)
    beside = Path(sys.prefix)
    packaged = [beside / "bin" / name, *beside.glob(f"lib/python3*/site-packages/rclone_api/bin/{name}")]
    return next((str(path) for path in packaged if os.access(path, os.X_OK)), shutil.which(name))


def existing(path):
    return str(path) if os.access(path, os.X_OK) else None


def help_text(binary, name):
    arguments = {"s3fs": ["--help"], "rclone": ["mount", "--help"], "juicefs": ["mount", "--help"]}.get(name, ["mount", "--help"])
    return subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=30).stdout


def windlass(system, endpoint, bucket, mount, folder, cache):
    command = [system.binary, "mount", bucket, mount, "--endpoint", endpoint, "--foreground", "--state-dir", f"{folder}/state"]
    if os.path.isdir(f"{cache}/kept"):   # only where a second mount reads again, as with s3fs
        command += ["--cache-dir", cache]
    if system.name == "windlass-wb":
        command += ["--write-back"]
    return command + os.environ.get("WINDLASS_BENCH_OPTIONS", "").split()


def s3fs(system, endpoint, bucket, mount, folder, cache):
    passwords = f"{folder}/keys"
    with open(os.open(passwords, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(":".join(KEYS))
    options = [f"url={endpoint}", "use_path_request_style", f"passwd_file={passwords}", f"tmpdir={folder}", "sigv4", "parallel_count=16", "multipart_size=8",
               "multireq_max=64", "max_stat_cache_size=200000", "enable_noobj_cache"]
    if os.path.isdir(f"{cache}/kept"):   # only where a second mount reads again; the cache makes s3fs slower otherwise
        options.append(f"use_cache={cache}/kept")
    return [system.binary, bucket, mount, "-f", "-o", ",".join(options)]


def rclone(system, endpoint, bucket, mount, folder, cache):
    remote = f":s3,provider=Other,access_key_id={KEYS[0]},secret_access_key={KEYS[1]},endpoint='{endpoint}',region={REGION},force_path_style=true:{bucket}"
    command = [system.binary, "mount", remote, mount, "--config", "/dev/null", "--vfs-cache-mode", "full", "--cache-dir", cache, "--vfs-write-back", "0s",
               "--transfers", "16", "--s3-upload-concurrency", "8", "--s3-chunk-size", "8M", "--vfs-read-chunk-size", "4M"]
    if system.knows("--vfs-read-chunk-streams"):
        command += ["--vfs-read-chunk-streams", "16"]
    return command


def juicefs(system, endpoint, bucket, mount, folder, cache):
    database = f"sqlite3://{os.path.dirname(folder)}/{bucket}.db"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "timeout": 60}
    if not os.path.exists(database.removeprefix("sqlite3://")):
        subprocess.run([system.binary, "format", "--storage", "minio", "--bucket", f"{endpoint}/{bucket}", "--access-key", KEYS[0], "--secret-key", KEYS[1],
                        "--trash-days", "0", database, "bench"], check=True, **quiet)
    subprocess.run([system.binary, "config", database, "--bucket", f"{endpoint}/{bucket}", "-y"], **quiet)
    return [system.binary, "mount", database, mount, "--cache-dir", cache, "--no-usage-report", "--backup-meta", "0", "--metrics", "127.0.0.1:0"]
