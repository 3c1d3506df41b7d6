#ifndef WINDLASS_RANGES_H
#define WINDLASS_RANGES_H

#include <stdint.h>

// fallocate(2) with FALLOC_FL_PUNCH_HOLE: a GNU extension, which Swift does not import.
int windlass_punch(int descriptor, int64_t offset, int64_t count);

// fallocate(2) of the first `count` bytes, which makes the file as long.
int windlass_allocate(int descriptor, int64_t count);

// sync_file_range(2): the kernel begins to write these bytes to the disk; nobody waits for it.
int windlass_start_writing(int descriptor, int64_t offset, int64_t count);

#endif
