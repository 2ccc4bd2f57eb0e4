// The kernels' common body, written over vectors of floats: `Simd` says how wide they are and in which order ggml adds
// on that processor. Its members are always-inline functions of a few instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "adapters/llama/attention/kernel.h"

namespace assay::llama {

/// Cells that are taken together: their keys and values, as floats, stay in the first cache.
inline constexpr int kTileCells = 32;

/// Values of a vector whose sums are held in registers at once.
inline constexpr int kBlock = 64;

/// Where a share's intermediate results lie in its scratch.
struct AttentionScratch {
  float* keys;     ///< [head_size][kTileCells], transposed
  float* values;   ///< [kTileCells][head_size]
  float* queries;  ///< [row][group][head_size], rounded to halves
  float* sums;     ///< as the queries: weighted sums of values, always on the halves' grid
  float* largest;  ///< [row][group] largest score yet
  float* weights;  ///< [row][group] sum of weights

  AttentionScratch(float* scratch, int head_size, int vectors)
      : keys(scratch),
        values(keys + kTileCells * head_size),
        queries(values + kTileCells * head_size),
        sums(queries + vectors * head_size),
        largest(sums + vectors * head_size),
        weights(largest + vectors) {}
};

template <class Simd, int kHeadSize>
class AttentionBody {
 public:
  AttentionBody(const AttentionProblem& problem, const AttentionShare& share, float* scratch)
      : problem_(problem),
        share_(share),
        group_(problem.group()),
        vectors_((share.end_row - share.first_row) * group_),
        at_(scratch, kHeadSize, vectors_) {}

  void run() {
    begin();
    for (int cell = 0; cell < problem_.cells; cell += kTileCells) {
      tile(cell);
    }
    end();
  }

 private:
  using F = typename Simd::F;
  static constexpr int kLanes = Simd::kLanes;
  static constexpr int kParts = kTileCells / kLanes;  // vectors that a tile's scores fill
  static constexpr int kBlockParts = kBlock / kLanes;
  static constexpr std::uint32_t kLaneBits = static_cast<std::uint32_t>((std::uint64_t{1} << kLanes) - 1);
  static constexpr float kHidden = -std::numeric_limits<float>::infinity();

  /// What a query vector does with a tile: cell i's value is added with weight[i]; where bit i of `rises` is set, the
  /// cell has a new largest score and what was added before is multiplied by fade[i] first.
  struct alignas(64) Weights {
    float weight[kTileCells];
    float fade[kTileCells];
    std::uint32_t rises;
  };

  /// So many bytes behind `from`.
  template <class T>
  [[gnu::always_inline]] static const T* behind(const T* from, std::size_t bytes) {
    return static_cast<const T*>(static_cast<const void*>(reinterpret_cast<const char*>(from) + bytes));
  }

  void begin() {
    const auto stream = static_cast<std::size_t>(share_.stream);
    for (int v = 0; v < vectors_; ++v) {
      const auto row = static_cast<std::size_t>(share_.first_row + v / group_);
      const auto head = static_cast<std::size_t>(share_.kv_head * group_ + v % group_);
      const float* from = behind(
          problem_.queries, stream * problem_.query_stream + head * problem_.query_head + row * problem_.query_row);
      for (int d = 0; d < kHeadSize; d += kLanes) {
        Simd::store(at_.queries + v * kHeadSize + d, Simd::round_to_half(Simd::load_any(from + d)));
        Simd::store(at_.sums + v * kHeadSize + d, Simd::same(0));
      }
      at_.largest[v] = kHidden;
      at_.weights[v] = 0;
    }
  }

  void end() {
    for (int v = 0; v < vectors_; ++v) {
      const int row = share_.first_row + v / group_;
      const int head = share_.kv_head * group_ + v % group_;
      const std::ptrdiff_t place =
          (static_cast<std::ptrdiff_t>(share_.stream) * problem_.rows + row) * problem_.heads + head;
      float* to = problem_.out + place * kHeadSize;
      const float sum = at_.weights[v];
      const F factor = Simd::same(sum == 0.0F ? 0.0F : 1.0F / sum);
      for (int d = 0; d < kHeadSize; d += kLanes) {
        Simd::store_any(to + d, Simd::mul(Simd::load(at_.sums + v * kHeadSize + d), factor));
      }
    }
  }

  /// The mask of a row over a tile: its values and, as bits, the cells that are not hidden.
  struct Seen {
    F added[std::size_t{kParts}];
    std::uint32_t cells;
  };

  [[gnu::always_inline]] Seen seen_by(int row, int cell) const {
    Seen seen;
    const int left = problem_.cells - cell;
    seen.cells = left >= kTileCells ? ~std::uint32_t{0} : (std::uint32_t{1} << left) - 1;
    if (problem_.mask == nullptr) {
      for (int p = 0; p < kParts; ++p) seen.added[p] = Simd::same(0);
      return seen;
    }
    const std::uint16_t* mask = behind(problem_.mask, static_cast<std::size_t>(share_.stream) * problem_.mask_stream +
                                                          static_cast<std::size_t>(row) * problem_.mask_row) +
                                cell;
    alignas(64) std::uint16_t rest[kTileCells];
    if (left < kTileCells) {
      for (int i = 0; i < kTileCells; ++i) rest[i] = i < left ? mask[i] : std::uint16_t{0};
      mask = rest;
    }
    std::uint32_t hidden = 0;
    for (int p = 0; p < kParts; ++p) {
      seen.added[p] = Simd::load_halves(mask + p * kLanes);
      hidden |= Simd::equal(seen.added[p], Simd::same(kHidden)) << (p * kLanes);
    }
    seen.cells &= ~hidden;
    return seen;
  }

  /// Takes all query vectors of the share through the tile that begins at `cell`.
  void tile(int cell) {
    bool loaded = false;
    Weights weights[Simd::kTogether];
    for (int v = 0; v < vectors_;) {
      const int row = share_.first_row + v / group_;
      const Seen seen = seen_by(row, cell);
      int end = (v / group_ + 1) * group_;
      if (seen.cells == 0) {
        v = end;
        continue;
      }
      if (!loaded) {
        load_tile(cell);
        loaded = true;
      }
      for (; v < end; v += Simd::kTogether) {
        const int count = end - v < Simd::kTogether ? end - v : Simd::kTogether;
        for (int i = 0; i < count; ++i) {
          weigh(v + i, seen, weights[i]);
        }
        add_values(v, count, seen.cells, weights);
      }
      v = end;
    }
  }

  /// Brings keys and values of a tile into scratch, as floats; keys transposed, absent cells zero.
  void load_tile(int cell) {
    const int count = problem_.cells - cell < kTileCells ? problem_.cells - cell : kTileCells;
    const auto stream = static_cast<std::size_t>(share_.stream);
    const auto head = static_cast<std::size_t>(share_.kv_head);
    const auto begin = static_cast<std::size_t>(cell);
    const std::uint16_t* keys =
        behind(problem_.keys, stream * problem_.key_stream + head * problem_.key_head + begin * problem_.key_cell);
    const std::uint16_t* values = behind(
        problem_.values, stream * problem_.value_stream + head * problem_.value_head + begin * problem_.value_cell);
    for (int first = 0; first < kTileCells; first += kLanes) {
      for (int d = 0; d < kHeadSize; d += kLanes) {
        F square[std::size_t{kLanes}];
        for (int i = 0; i < kLanes; ++i) {
          const int c = first + i;
          square[i] = c < count ? Simd::load_halves(behind(keys, static_cast<std::size_t>(c) * problem_.key_cell) + d)
                                : Simd::same(0);
        }
        Simd::transpose(square);
        for (int i = 0; i < kLanes; ++i) {
          Simd::store(at_.keys + (d + i) * kTileCells + first, square[i]);
        }
      }
    }
    for (int c = 0; c < count; ++c) {
      const std::uint16_t* from = behind(values, static_cast<std::size_t>(c) * problem_.value_cell);
      for (int d = 0; d < kHeadSize; d += kLanes) {
        Simd::store(at_.values + c * kHeadSize + d, Simd::load_halves(from + d));
      }
    }
  }

  /// Two vectors of scores, side by side.
  struct Pair {
    F a;
    F b;
  };

  /// ggml_vec_dot_f16: Simd::kStep partial sums over the vector, halved until few are left, those added in Simd's
  /// order. Here lanes are cells, so that one partial sum of all of them is one register.
  template <int kLeft>
  [[gnu::always_inline]] static Pair partial(const float* keys, const float* query, int at) {
    if constexpr (kLeft == Simd::kStep) {
      const F q = Simd::same(query[at]);
      Pair sum = {Simd::mul(Simd::load(keys + at * kTileCells), q),
                  Simd::mul(Simd::load(keys + at * kTileCells + kLanes), q)};
      for (int d = at + Simd::kStep; d < kHeadSize; d += Simd::kStep) {
        const F next = Simd::same(query[d]);
        sum.a = Simd::fma(Simd::load(keys + d * kTileCells), next, sum.a);
        sum.b = Simd::fma(Simd::load(keys + d * kTileCells + kLanes), next, sum.b);
      }
      return sum;
    } else if constexpr (kLeft < Simd::kHalvedTo) {  // neighbours instead of halves
      const Pair x = partial<2 * kLeft>(keys, query, 2 * at);
      const Pair y = partial<2 * kLeft>(keys, query, 2 * at + 1);
      return {Simd::add(x.a, y.a), Simd::add(x.b, y.b)};
    } else {
      const Pair x = partial<2 * kLeft>(keys, query, at);
      const Pair y = partial<2 * kLeft>(keys, query, at + kLeft);
      return {Simd::add(x.a, y.a), Simd::add(x.b, y.b)};
    }
  }

  /// A query vector's weights for the cells it sees; takes largest score along.
  void weigh(int v, const Seen& seen, Weights& weights) {
    const float* query = at_.queries + v * kHeadSize;
    const F scale = Simd::same(problem_.scale);
    F scores[std::size_t{kParts}];
    for (int p = 0; p < kParts; p += 2) {
      const Pair dots = partial<1>(at_.keys + p * kLanes, query, 0);
      scores[p] = Simd::add(Simd::mul(dots.a, scale), seen.added[p]);
      scores[p + 1] = Simd::add(Simd::mul(dots.b, scale), seen.added[p + 1]);
    }
    const F largest = Simd::same(at_.largest[v]);
    std::uint32_t above = 0;
    for (int p = 0; p < kParts; ++p) {
      above |= Simd::greater(scores[p], largest) << (p * kLanes);
    }
    weights.rises = 0;
    if ((above & seen.cells) == 0) {
      for (int p = 0; p < kParts; ++p) {
        Simd::store(weights.weight + p * kLanes, Simd::exp(Simd::sub(scores[p], largest)));
      }
      return;
    }
    weigh_rising(v, seen, scores, weights);
  }

  /// The same where some cell's score is above all before it: each cell is weighed against the largest up to it.
  [[gnu::noinline]] void weigh_rising(int v, const Seen& seen, const F* scores, Weights& weights) {
    F before = Simd::same(at_.largest[v]);  // the largest score before the part, in every lane
    for (int p = 0; p < kParts; ++p) {
      const std::uint32_t cells = (seen.cells >> (p * kLanes)) & kLaneBits;
      const F score = Simd::select(cells, scores[p], Simd::same(kHidden));
      const F up_to = Simd::max(Simd::running_max(score), before);
      const F up_to_last = Simd::shift_up(up_to, before);
      Simd::store(weights.weight + p * kLanes, Simd::exp(Simd::sub(score, up_to)));
      Simd::store(weights.fade + p * kLanes, Simd::exp(Simd::sub(up_to_last, up_to)));
      weights.rises |= (Simd::greater(score, up_to_last) & cells) << (p * kLanes);
      before = Simd::last(up_to);
    }
    at_.largest[v] = Simd::first(before);
  }

  void add_values(int v, int count, std::uint32_t cells, const Weights* weights) {
    std::uint32_t rises = 0;
    for (int i = 0; i < count; ++i) rises |= weights[i].rises;
    if constexpr (Simd::kTogether >= 4) {
      if (count == 4) return add_values_of<4>(v, cells, rises, weights);
      if (count == 3) return add_values_of<3>(v, cells, rises, weights);
      if (count == 2) return add_values_of<2>(v, cells, rises, weights);
    }
    add_values_of<1>(v, cells, rises, weights);
  }

  template <int kCount>
  void add_values_of(int v, std::uint32_t cells, std::uint32_t rises, const Weights* weights) {
    if (rises == 0) {
      add_weights<kCount, false>(v, cells, weights);
      for (int d = 0; d < kHeadSize; d += kBlock) add_block<kCount, false>(v, d, cells, 0, weights);
    } else {
      add_weights<kCount, true>(v, cells, weights);
      for (int d = 0; d < kHeadSize; d += kBlock) add_block<kCount, true>(v, d, cells, rises, weights);
    }
  }

  /// Adds the cells' weights to those of kCount query vectors, one after the other as ggml does; it multiplies and adds
  /// in one rounding, which is seen where a weight is multiplied by less than one.
  template <int kCount, bool kRises>
  [[gnu::always_inline]] void add_weights(int v, std::uint32_t cells, const Weights* weights) {
    float total[std::size_t{kCount}];
    for (int i = 0; i < kCount; ++i) total[i] = at_.weights[v + i];
    for (std::uint32_t left = cells; left != 0; left &= left - 1) {
      const int c = __builtin_ctz(left);
      for (int i = 0; i < kCount; ++i) {
        if (kRises && (weights[i].rises >> c & 1U) != 0) {
          total[i] = Simd::fma_one(total[i], weights[i].fade[c], weights[i].weight[c]);
        } else {
          total[i] += weights[i].weight[c];
        }
      }
    }
    for (int i = 0; i < kCount; ++i) at_.weights[v + i] = total[i];
  }

  /// Adds a block of the cells' values to kCount query vectors' sums, rounding to halves after every cell.
  template <int kCount, bool kRises>
  [[gnu::always_inline]] void add_block(int v, int d, std::uint32_t cells, std::uint32_t rises,
                                        const Weights* weights) {
    F sum[std::size_t{kCount}][std::size_t{kBlockParts}];
    for (int i = 0; i < kCount; ++i) {
      for (int p = 0; p < kBlockParts; ++p) {
        sum[i][p] = Simd::load(at_.sums + (v + i) * kHeadSize + d + p * kLanes);
      }
    }
    for (std::uint32_t left = cells; left != 0; left &= left - 1) {
      const int c = __builtin_ctz(left);
      if (kRises && (rises >> c & 1U) != 0) {
        for (int i = 0; i < kCount; ++i) {
          if ((weights[i].rises >> c & 1U) != 0) {
            const F fade = Simd::same(weights[i].fade[c]);
            for (int p = 0; p < kBlockParts; ++p) {
              sum[i][p] = Simd::round_to_half(Simd::mul(sum[i][p], fade));
            }
          }
        }
      }
      const float* value = at_.values + c * kHeadSize + d;
      for (int i = 0; i < kCount; ++i) {
        const F weight = Simd::same(weights[i].weight[c]);
        for (int p = 0; p < kBlockParts; ++p) {
          sum[i][p] = Simd::round_to_half(Simd::fma(Simd::load(value + p * kLanes), weight, sum[i][p]));
        }
      }
    }
    for (int i = 0; i < kCount; ++i) {
      for (int p = 0; p < kBlockParts; ++p) {
        Simd::store(at_.sums + (v + i) * kHeadSize + d + p * kLanes, sum[i][p]);
      }
    }
  }

  const AttentionProblem& problem_;
  const AttentionShare& share_;
  const int group_;
  const int vectors_;
  const AttentionScratch at_;
};

template <class Simd>
void attend(const AttentionProblem& problem, const AttentionShare& share, float* scratch) {
  switch (problem.head_size) {
    case 64:
      return AttentionBody<Simd, 64>(problem, share, scratch).run();
    case 128:
      return AttentionBody<Simd, 128>(problem, share, scratch).run();
    case 256:
      return AttentionBody<Simd, 256>(problem, share, scratch).run();
    default:
      __builtin_unreachable();
  }
}

}  // namespace assay::llama
