// The kernels' common body: packing, the loop over tiles, and storing. `Simd` says how many inputs stand side by side
// in a vector and how they are multiplied and added up. Its members are always-inline functions of a few instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "adapters/llama/matmul/kernel.h"

namespace assay::llama {

template <class Simd, Contraction kContraction>
class MatmulBody {
 public:
  static constexpr MatmulKernel kernel() { return {&scratch, &pack, &multiply}; }

 private:
  static constexpr int kPanel = Simd::kVectors * Simd::kColumns;  // inputs that one tile takes
  static constexpr std::size_t kHalf = sizeof(std::uint16_t);
  static constexpr std::size_t kWeightBlock = 2 * kHalf + kBlockValues / 2;
  static constexpr std::size_t kInputBlock = 2 * kHalf + kBlockValues;
  static constexpr std::size_t kVectorBytes = Simd::kColumns * kBlockValues;

  /// Some unpacked rows or a panel of inputs: values, and of each block a scale and the second number of its format.
  struct Packed {
    std::byte* values;  ///< [block][row or vector][kVectorBytes]
    float* scales;      ///< [block][row or column]
    float* seconds;     ///< [block][row or column]

    Packed(std::byte* at, int blocks, int vectors, int numbers)
        : values(at),
          scales(reinterpret_cast<float*>(at + static_cast<std::size_t>(blocks * vectors) * kVectorBytes)),
          seconds(scales + blocks * numbers) {}

    static std::size_t bytes(int blocks, int vectors, int numbers) {
      const std::size_t all =
          static_cast<std::size_t>(blocks) *
          (static_cast<std::size_t>(vectors) * kVectorBytes + 2 * static_cast<std::size_t>(numbers) * sizeof(float));
      return (all + 63) / 64 * 64;
    }
  };

  static Packed rows_at(const MatmulProblem& problem, std::byte* scratch) {
    return {scratch, problem.blocks, kTileRows, kTileRows};
  }
  static Packed panel_at(const MatmulProblem& problem, int panel, std::byte* scratch) {
    const std::size_t rows = Packed::bytes(problem.blocks, kTileRows, kTileRows);
    const std::size_t each = Packed::bytes(problem.blocks, Simd::kVectors, kPanel);
    return {scratch + rows + static_cast<std::size_t>(panel) * each, problem.blocks, Simd::kVectors, kPanel};
  }

  static std::size_t scratch(const MatmulProblem& problem) {
    const int panels = (problem.columns + kPanel - 1) / kPanel;
    return Packed::bytes(problem.blocks, kTileRows, kTileRows) +
           static_cast<std::size_t>(panels) * Packed::bytes(problem.blocks, Simd::kVectors, kPanel);
  }

  static void pack(const MatmulProblem& problem, std::byte* scratch) {
    alignas(64) static constexpr std::byte kNothing[kInputBlock]{};
    for (int begin = 0; begin < problem.columns; begin += kPanel) {
      const Packed panel = panel_at(problem, begin / kPanel, scratch);
      for (int vector = 0; vector < Simd::kVectors; ++vector) {
        for (int block = 0; block < problem.blocks; ++block) {
          const std::byte* values[std::size_t{Simd::kColumns}];
          for (int i = 0; i < Simd::kColumns; ++i) {
            const int column = begin + vector * Simd::kColumns + i;
            const std::byte* from = column < problem.columns
                                        ? problem.inputs + static_cast<std::size_t>(column) * problem.input_column +
                                              static_cast<std::size_t>(block) * kInputBlock
                                        : kNothing;
            const int place = block * kPanel + vector * Simd::kColumns + i;
            Simd::to_floats(from, panel.scales[place], panel.seconds[place]);
            values[i] = from + 2 * kHalf;
          }
          Simd::pack(values, panel.values + static_cast<std::size_t>(block * Simd::kVectors + vector) * kVectorBytes);
        }
      }
    }
  }

  static void unpack(const MatmulProblem& problem, int row, int count, const Packed& rows) {
    alignas(64) static constexpr std::byte kNothing[kWeightBlock]{};
    for (int i = 0; i < kTileRows; ++i) {
      const std::byte* from = problem.weights + static_cast<std::size_t>(row + i) * problem.weight_row;
      for (int block = 0; block < problem.blocks; ++block) {
        const std::byte* one = i < count ? from + static_cast<std::size_t>(block) * kWeightBlock : kNothing;
        const int place = block * kTileRows + i;
        Simd::to_floats(one, rows.scales[place], rows.seconds[place]);
        Simd::unpack(one + 2 * kHalf, rows.values + static_cast<std::size_t>(place) * kVectorBytes);
      }
    }
  }

  static void multiply(const MatmulProblem& problem, int first, int end, std::byte* scratch) {
    const Packed rows = rows_at(problem, scratch);
    for (int row = first; row < end; row += kTileRows) {
      const int count = end - row < kTileRows ? end - row : kTileRows;
      unpack(problem, row, count, rows);
      for (int column = 0; column < problem.columns; column += kPanel) {
        const Packed panel = panel_at(problem, column / kPanel, scratch);
        const int columns = problem.columns - column < kPanel ? problem.columns - column : kPanel;
        alignas(64) float results[std::size_t{kPanel}][std::size_t{kTileRows}];
        take<1>(columns, problem.blocks, rows, panel, results);
        store(problem, row, count, column, columns, results);
      }
    }
  }

  /// The tile with as few vectors as hold `columns` inputs.
  template <int kVectors>
  [[gnu::always_inline]] static void take(int columns, int blocks, const Packed& rows, const Packed& panel,
                                          float (&results)[std::size_t{kPanel}][std::size_t{kTileRows}]) {
    if constexpr (kVectors == Simd::kVectors) {
      tile<kVectors>(blocks, rows, panel, results);
    } else {
      if (columns <= kVectors * Simd::kColumns) {
        tile<kVectors>(blocks, rows, panel, results);
      } else {
        take<kVectors * 2>(columns, blocks, rows, panel, results);
      }
    }
  }

  template <int kVectors>
  [[gnu::noinline]] static void tile(int blocks, const Packed& rows, const Packed& panel,
                                     float (&results)[std::size_t{kPanel}][std::size_t{kTileRows}]) {
    using F = typename Simd::F;
    F sums[std::size_t{kTileRows}][std::size_t{kVectors}];
    for (auto& row : sums) {
      for (F& sum : row) sum = Simd::zero();
    }
    typename Simd::template Seconds<kVectors> seconds;
    const std::byte* weights = rows.values;
    const std::byte* inputs = panel.values;
    for (int block = 0; block < blocks; ++block) {
      typename Simd::I values[std::size_t{kVectors}];
      F scales[std::size_t{kVectors}];
      for (int v = 0; v < kVectors; ++v) {
        values[v] = Simd::load(inputs + static_cast<std::size_t>(v) * kVectorBytes);
        scales[v] = Simd::column_scales(panel.scales + block * kPanel + v * Simd::kColumns);
      }
      for (int r = 0; r < kTileRows; ++r) {
        const auto row = Simd::load(weights + static_cast<std::size_t>(r) * kVectorBytes);
        const F scale = Simd::same(rows.scales[block * kTileRows + r]);
        for (int v = 0; v < kVectors; ++v) {
          sums[r][v] = Simd::add_product(Simd::mul(scale, scales[v]), Simd::dot(row, values[v]), sums[r][v]);
        }
      }
      seconds.template add<kContraction>(rows.seconds + block * kTileRows, panel.seconds + block * kPanel);
      weights += kTileRows * kVectorBytes;
      inputs += Simd::kVectors * kVectorBytes;
    }
    seconds.store_sums(sums, &results[0][0]);
  }

  static void store(const MatmulProblem& problem, int row, int count, int column, int columns,
                    const float (&results)[std::size_t{kPanel}][std::size_t{kTileRows}]) {
    for (int c = 0; c < columns; ++c) {
      std::byte* to = problem.out + static_cast<std::size_t>(column + c) * problem.out_column +
                      static_cast<std::size_t>(row) * sizeof(float);
      if (count == kTileRows) {
        std::memcpy(to, results[c], sizeof results[c]);
      } else {
        std::memcpy(to, results[c], static_cast<std::size_t>(count) * sizeof(float));
      }
    }
  }
};

}  // namespace assay::llama
