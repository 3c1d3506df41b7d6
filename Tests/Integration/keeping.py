"""What `windlass status`, `sync` and `recover` say of a mount, for tests."""

import json

from mounts import WINDLASS, wait_until
from deadlines import run


class Commands:
    """The commands for one mount, in its environment."""

    def __init__(self, mount):
        self.mount = mount

    def run(self, *arguments, timeout=100):
        return run([WINDLASS, *arguments], timeout=timeout, check=False, env=self.mount.environment)

    def status(self):
        done = self.run("status", self.mount.path, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def sync(self, *options, timeout=100):
        return self.run("sync", self.mount.path, *options, timeout=timeout)

    def unmount(self, timeout=150):
        """`windlass unmount`, after which the mount's process is expected to end by itself."""
        done = self.run("unmount", self.mount.path, timeout=timeout)
        self.mount.process.wait(20)
        return done

    def recover(self, *arguments, timeout=100):
        mount = self.mount
        return self.run(
            "recover", mount.bucket, *arguments, "--state-dir", mount.staging, "--endpoint", mount.endpoint.url, "--region", mount.endpoint.region,
            "--addressing", "path", "--max-retries", "2", timeout=timeout)

    def kept(self):
        """Key -> what is kept of it."""
        done = self.recover("--list", "--json")
        assert done.returncode == 0, done.stderr
        return {entry["key"]: entry for entry in json.loads(done.stdout)}

    def wait_for_state(self, key, state, timeout=30):
        wait_until(lambda: self.kept().get(key, {}).get("state") == state, timeout, f"{key} is {state}; kept: {self.kept()}")
        return self.kept()[key]

    def wait_until_idle(self, timeout=60):
        wait_until(lambda: self.status()["pending"]["files"] == 0, timeout, "everything is stored")


def write_in_conflict(mount, s3, bucket, name="file", ours=b"ours", theirs=b"theirs", before=b"before"):
    """Leaves `ours` kept aside: somebody else has stored `theirs` while the file was open. Gives the errno of close(2)."""
    s3.put_object(Bucket=bucket, Key=name, Body=before)
    file = open(mount.path / name, "r+b", buffering=0)
    file.write(ours)
    s3.put_object(Bucket=bucket, Key=name, Body=theirs)
    try:
        file.close()
    except OSError as error:
        return error.errno
    return 0
