#include "allocator.h"

#include <malloc.h>

void windlass_tune_allocator(int mapped_from, int kept, int arenas) {
    mallopt(M_MMAP_THRESHOLD, mapped_from);
    mallopt(M_TRIM_THRESHOLD, kept);
    mallopt(M_ARENA_MAX, arenas);
}
