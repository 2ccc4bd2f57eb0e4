// The numbers that glibc computes expf() with on processors with FMA (sysdeps/ieee754/flt-32/e_expf.c, after ARM's
// optimized routines): exp(x) = 2^(k/32) 2^(r/32) with k whole and |r| <= 1/2, the second factor a cubic in r. All in
// double precision, so that the result is the same float for the same operations in the same order.
#pragma once

#include <cstdint>

namespace assay::llama::exp_numbers {

inline constexpr double kPerLog2 = 0x1.71547652b82fep+0 * 32;
inline constexpr double kShift = 0x1.8p+52;  ///< added to a number, leaves its nearest integer in the lowest bits
inline constexpr double kCubic = 0x1.c6af84b912394p-5 / 32 / 32 / 32;
inline constexpr double kSquare = 0x1.ebfce50fac4f3p-3 / 32 / 32;
inline constexpr double kLinear = 0x1.62e42ff0c52d6p-1 / 32;
inline constexpr float kLeast = -200;  ///< exp() of this and of all below is 0 as a float

/// Bits of 2^(i/32) as a double, less i in the place where k is added.
alignas(64) inline constexpr std::uint64_t kPowers[32] = {
    0x3ff0000000000000, 0x3fefd9b0d3158574, 0x3fefb5586cf9890f, 0x3fef9301d0125b51, 0x3fef72b83c7d517b,
    0x3fef54873168b9aa, 0x3fef387a6e756238, 0x3fef1e9df51fdee1, 0x3fef06fe0a31b715, 0x3feef1a7373aa9cb,
    0x3feedea64c123422, 0x3feece086061892d, 0x3feebfdad5362a27, 0x3feeb42b569d4f82, 0x3feeab07dd485429,
    0x3feea47eb03a5585, 0x3feea09e667f3bcd, 0x3fee9f75e8ec5f74, 0x3feea11473eb0187, 0x3feea589994cce13,
    0x3feeace5422aa0db, 0x3feeb737b0cdc5e5, 0x3feec49182a3f090, 0x3feed503b23e255d, 0x3feee89f995ad3ad,
    0x3feeff76f2fb5e47, 0x3fef199bdd85529c, 0x3fef3720dcef9069, 0x3fef5818dcfba487, 0x3fef7c97337b9b5f,
    0x3fefa4afa2a490da, 0x3fefd0765b6e4540,
};

}  // namespace assay::llama::exp_numbers
