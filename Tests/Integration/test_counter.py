"""Two mounts with state folders of their own, and another client of the store, count in one file."""

import errno
import os
import random
import time

from stores import body


def open_now(path):
    """What the kernel still believes of the file is refused a few times, until it asks again."""
    for _ in range(200):
        try:
            return os.open(path, os.O_RDWR)
        except OSError as error:
            assert error.errno == errno.ESTALE, error
            time.sleep(0.01)
    raise AssertionError(f"{path} cannot be opened")


def test_every_increment_counts(mounts, s3, bucket):
    """A counter in a file, raised by two mounts and boto3 in turn and at random: each success is one more, none is lost."""
    dice = random.Random(seed := random.randrange(1 << 32))
    print("seed", seed)
    s3.put_object(Bucket=bucket, Key="counter", Body=b"0")
    places = [mount.path / "counter" for mount in (mounts(), mounts())]
    successes, refused, open_files = 0, 0, {}
    for step in range(1000):
        if step >= 120 and refused > 0:
            break
        who = dice.randrange(3)
        if who == 2:
            answer = s3.get_object(Bucket=bucket, Key="counter")
            value = int(answer["Body"].read()) + 1
            s3.put_object(Bucket=bucket, Key="counter", Body=b"%d" % value)
            successes += 1
        elif who in open_files:
            try:
                os.close(open_files.pop(who))
                successes += 1
            except OSError as error:
                assert error.errno == errno.ESTALE
                refused += 1
        else:
            file = open_now(places[who])
            try:
                value = int(os.pread(file, 20, 0)) + 1
                os.pwrite(file, b"%d" % value, 0)
            except OSError as error:
                # What has to do with a version that was replaced in the middle is refused as well.
                assert error.errno == errno.ESTALE, error
                os.close(file)
                continue
            open_files[who] = file
    for file in open_files.values():
        try:
            os.close(file)
            successes += 1
        except OSError:
            refused += 1
    print(f"{successes} increments, {refused} conflicts")
    assert int(body(s3, bucket, "counter")) == successes
    assert refused > 0, "nobody ever met another"
