#pragma once

// Tiles of AMX: registers of up to 16 rows of 64 bytes, of a shape that is set beforehand.

#include <immintrin.h>

#include <cstdint>

namespace products {

namespace {

constexpr int tile_rows = 16;
constexpr int tile_words = 16; // of a row

// As LDTILECFG reads them.
struct alignas(64) Shapes {
    uint8_t palette = 1;
    uint8_t start_row = 0;
    uint8_t reserved[14] = {};
    uint16_t row_bytes[16] = {};
    uint8_t rows[16] = {};

    void set(int tile, int64_t height, int64_t words) {
        rows[tile] = uint8_t(height);
        row_bytes[tile] = uint16_t(words * int64_t(sizeof(uint32_t)));
    }
};
static_assert(sizeof(Shapes) == 64, "the processor reads no other size");

// The compiler sees neither what tiles are loaded from nor all of what their shapes are.
inline void settle() {
    __asm__ volatile("" ::: "memory");
}

inline void shape_tiles(const Shapes & shapes) {
    settle();
    _tile_loadconfig(&shapes);
}

// The thread's tiles, for as long as it lives: others, as ggml, shape them once in a thread.
class TilesInUse {
public:
    TilesInUse() {
        _tile_storeconfig(&before);
        settle();
    }
    ~TilesInUse() {
        if (before.palette == 0) {
            _tile_release();
        } else {
            shape_tiles(before);
        }
    }
    TilesInUse(const TilesInUse &) = delete;
    TilesInUse & operator=(const TilesInUse &) = delete;

private:
    Shapes before;
};

} // namespace

} // namespace products
