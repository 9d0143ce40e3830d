#pragma once

// Kernels beside another user of the processor's tiles, where it has any.

#include <cstdio>
#include <cstring>

#ifdef __AMX_BF16__
#include "tiles.h"

#include <sys/syscall.h>
#include <unistd.h>
#endif

// Runs what is measured; returns 1 where the system lends no tiles, or another's shapes were not left as they were.
template <typename Measure> int beside_other_tiles(Measure measure) {
#ifdef __AMX_BF16__
    if (syscall(SYS_arch_prctl, 0x1023, 18) != 0) {
        std::fprintf(stderr, "the system lends no tiles\n");
        return 1;
    }
    products::Shapes shapes, left;
    shapes.set(3, 5, 7);
    products::shape_tiles(shapes);
    measure();
    _tile_storeconfig(&left);
    products::settle();
    return std::memcmp(&shapes, &left, sizeof(left)) == 0 ? 0 : 1;
#else
    measure();
    return 0;
#endif
}
