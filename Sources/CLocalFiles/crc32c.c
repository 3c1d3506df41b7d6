#include "crc32c.h"

#include <string.h>

// Four bits at a time: slow, small, and the same on every processor.
uint32_t windlass_crc32c_portable(uint32_t check, const void *bytes, size_t count) {
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    const unsigned char *next = bytes;
    uint32_t value = ~check;
    while (count-- > 0) {
        value ^= *next++;
        value = value >> 4 ^ table[value & 15];
        value = value >> 4 ^ table[value & 15];
    }
    return ~value;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t with_instruction(uint32_t check, const unsigned char *next, size_t count) {
    uint64_t value = (uint32_t)~check;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        value = __builtin_ia32_crc32di(value, word);
    }
    uint32_t rest = (uint32_t)value;
    while (count-- > 0) rest = __builtin_ia32_crc32qi(rest, *next++);
    return ~rest;
}

static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

#elif defined(__aarch64__)

#include <arm_acle.h>
#include <sys/auxv.h>

__attribute__((target("crc"))) static uint32_t with_instruction(uint32_t check, const unsigned char *next, size_t count) {
    uint32_t value = ~check;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        value = __crc32cd(value, word);
    }
    while (count-- > 0) value = __crc32cb(value, *next++);
    return ~value;
}

// HWCAP_CRC32 of asm/hwcap.h.
static int has_instruction(void) { return (getauxval(AT_HWCAP) & (1 << 7)) != 0; }

#else

static uint32_t with_instruction(uint32_t check, const unsigned char *next, size_t count) {
    return windlass_crc32c_portable(check, next, count);
}

static int has_instruction(void) { return 0; }

#endif

uint32_t windlass_crc32c(uint32_t check, const void *bytes, size_t count) {
    return has_instruction() ? with_instruction(check, bytes, count) : windlass_crc32c_portable(check, bytes, count);
}
