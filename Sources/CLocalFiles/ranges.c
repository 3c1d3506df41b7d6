#define _GNU_SOURCE
#include "ranges.h"

#include <fcntl.h>
#include <linux/falloc.h>

int windlass_punch(int descriptor, int64_t offset, int64_t count) {
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, count);
}

int windlass_allocate(int descriptor, int64_t count) { return fallocate(descriptor, 0, 0, count); }

int windlass_start_writing(int descriptor, int64_t offset, int64_t count) {
    return sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}
