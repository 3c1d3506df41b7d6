#ifndef WINDLASS_CRC32C_H
#define WINDLASS_CRC32C_H

#include <stddef.h>
#include <stdint.h>

// CRC-32C (RFC 3720, B.4) of some bytes and then of these, given the check of the former (0 for none).
// With the processor's own instruction where it has one.
uint32_t windlass_crc32c(uint32_t check, const void *bytes, size_t count);

// The same without that instruction: for processors that lack it, and for the test that compares the two.
uint32_t windlass_crc32c_portable(uint32_t check, const void *bytes, size_t count);

#endif
