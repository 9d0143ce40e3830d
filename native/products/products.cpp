#include "products.h"

namespace products {

// Of kernels.cpp, compiled for each.
#ifdef LN_PRODUCTS_X86
namespace avx512_vnni {
extern const Kernels integers;
}
namespace avx512_bf16 {
extern const Kernels f32;
extern const Kernels bf16;
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

const Kernels * kernels_of(Kind kind) {
#ifdef LN_PRODUCTS_X86
    __builtin_cpu_init();
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    const bool rounds = wide && __builtin_cpu_supports("avx512bf16");
    const bool narrow = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (kind == Kind::integers) {
        if (wide && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) {
            return &avx512_vnni::integers;
        }
        return narrow ? &avx2::integers : nullptr; // F16C is there too: whoever has AVX2 has it
    }
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

} // namespace products
