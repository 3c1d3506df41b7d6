#ifndef WINDLASS_PUNCH_H
#define WINDLASS_PUNCH_H

#include <stdint.h>

// fallocate(2) with FALLOC_FL_PUNCH_HOLE: a GNU extension, which Swift does not import.
int windlass_punch(int descriptor, int64_t offset, int64_t count);

#endif
