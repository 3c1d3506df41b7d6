#ifndef WINDLASS_ALLOCATOR_H
#define WINDLASS_ALLOCATOR_H

// mallopt(3), which Swift does not import: from what size on, in bytes, memory is mapped for each allocation alone, how much free memory an arena
// keeps, and how many arenas there are.
void windlass_tune_allocator(int mapped_from, int kept, int arenas);

#endif
