#include "products.h"

#include "attention.h"

#if defined(LN_PRODUCTS_AMX) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace products {

// Of kernels.cpp, compiled for each.
#ifdef LN_PRODUCTS_X86
namespace avx512_vnni {
extern const Kernels integers;
extern const AttentionKernel cellwise; // of cellwise.cpp
extern const AttentionKernel cellwise_fused;
} // namespace avx512_vnni
#ifdef LN_PRODUCTS_AMX
namespace amx_bf16 {
extern const Kernels bf16;
}
#endif
namespace avx512_bf16 {
extern const Kernels f32;
extern const Kernels bf16;
extern const Kernels int8;
} // namespace avx512_bf16
namespace avx512 {
extern const Kernels f32;
}
namespace avx2 {
extern const Kernels f32;
extern const Kernels integers;
} // namespace avx2
#elif defined(LN_PRODUCTS_ARM)
namespace neon {
extern const Kernels f32;
}
#endif

#if defined(LN_PRODUCTS_AMX) && defined(__linux__)
// Whether the processor multiplies BF16 by tiles, and the system lets this process use them: their registers are large,
// so that it saves them only for a process that has asked.
bool may_use_tiles() {
    static const bool may = [] {
        constexpr long request_permission = 0x1023, tile_data = 18;
        constexpr unsigned needed = 1u << 22 | 1u << 24; // BF16 by tiles, tiles
        unsigned a = 0, b = 0, c = 0, d = 0;
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & needed) == needed
            && syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
    }();
    return may;
}
#endif

const Kernels * kernels_of(Kind kind) {
#ifdef LN_PRODUCTS_X86
    __builtin_cpu_init();
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    const bool adds = wide && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
    const bool rounds = adds && __builtin_cpu_supports("avx512bf16");
    const bool narrow = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (kind == Kind::integers) {
        if (adds) {
            return &avx512_vnni::integers;
        }
        return narrow ? &avx2::integers : nullptr; // F16C is there too: whoever has AVX2 has it
    }
    if (kind == Kind::int8) {
        return rounds ? &avx512_bf16::int8 : nullptr;
    }
#if defined(LN_PRODUCTS_AMX) && defined(__linux__)
    if (kind == Kind::bf16 && rounds && may_use_tiles()) {
        return &amx_bf16::bf16;
    }
#endif
    if (kind == Kind::bf16) {
        return rounds ? &avx512_bf16::bf16 : nullptr;
    }
    if (wide) {
        return rounds ? &avx512_bf16::f32 : &avx512::f32;
    }
    return narrow ? &avx2::f32 : nullptr;
#elif defined(LN_PRODUCTS_ARM)
    return kind == Kind::f32 ? &neon::f32 : nullptr;
#else
    (void)kind;
    return nullptr;
#endif
}

const AttentionKernel * cellwise_attention(bool fused) {
#ifdef LN_PRODUCTS_X86
    const bool is_here = kernels_of(Kind::integers) == &avx512_vnni::integers;
    return !is_here ? nullptr : fused ? &avx512_vnni::cellwise_fused : &avx512_vnni::cellwise;
#else
    (void)fused;
    return nullptr;
#endif
}

} // namespace products
