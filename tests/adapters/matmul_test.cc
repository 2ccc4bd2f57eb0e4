// assay's products of Q4_1 weights against ggml's own, to the last bit.
#include "adapters/llama/matmul/matmul.h"

#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml-cpp.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace assay::llama {
namespace {

class Draw {
 public:
  explicit Draw(std::uint32_t seed) : state_(seed) {}

  int between(int least, int most) {
    return least + static_cast<int>(next() % static_cast<std::uint32_t>(most - least + 1));
  }
  /// Between -size and size; now and then 0, so that blocks of nothing occur.
  float number(float size) { return between(0, 9) == 0 ? 0 : size * (static_cast<float>(next()) / (1U << 23) - 1); }

 private:
  std::uint32_t next() {
    state_ = state_ * 1664525U + 1013904223U;
    return state_ >> 8;
  }
  std::uint32_t state_;
};

struct Shape {
  int rows;
  int columns;
  int blocks;
};

std::string text_of(const Shape& shape) {
  return std::to_string(shape.rows) + " rows, " + std::to_string(shape.columns) + " columns, " +
         std::to_string(shape.blocks) + " blocks";
}

/// A product's matrices, weights in blocks, inputs as floats and in blocks; some blocks are all zero, some large.
struct Matrices {
  Matrices(const Shape& of, Draw& draw) : shape(of) {
    const std::size_t values = static_cast<std::size_t>(shape.blocks) * kBlockValues;
    std::vector<float> row(values);
    weights = blocks_of(GGML_TYPE_Q4_1, shape.rows, [&] { return random_row(row, draw); });
    inputs.reserve(values * static_cast<std::size_t>(shape.columns));
    quantized = blocks_of(GGML_TYPE_Q8_1, shape.columns, [&] {
      random_row(row, draw);
      inputs.insert(inputs.end(), row.begin(), row.end());
      return row.data();
    });
  }

  std::vector<float> by_ggml() const {
    std::vector<float> out;
    for (int column = 0; column < shape.columns; ++column) {
      for (int row = 0; row < shape.rows; ++row) {
        out.push_back(0);
        ggml_get_type_traits_cpu(GGML_TYPE_Q4_1)
            ->vec_dot(shape.blocks * kBlockValues, &out.back(), 0, weights.data() + weight_row() * at(row), 0,
                      quantized.data() + input_column() * at(column), 0, 1);
      }
    }
    return out;
  }

  std::vector<float> by(const MatmulKernel& kernel, int split) const {
    std::vector<float> out(static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(shape.columns), -1);
    MatmulProblem problem;
    problem.weights = weights.data();
    problem.inputs = quantized.data();
    problem.out = reinterpret_cast<std::byte*>(out.data());
    problem.weight_row = weight_row();
    problem.input_column = input_column();
    problem.out_column = at(shape.rows) * sizeof(float);
    problem.rows = shape.rows;
    problem.columns = shape.columns;
    problem.blocks = shape.blocks;
    const std::unique_ptr<void, decltype(&std::free)> scratch(std::aligned_alloc(64, kernel.scratch(problem)),
                                                              &std::free);
    REQUIRE(scratch);
    kernel.pack(problem, static_cast<std::byte*>(scratch.get()));
    kernel.multiply(problem, split, shape.rows, static_cast<std::byte*>(scratch.get()));
    kernel.multiply(problem, 0, split, static_cast<std::byte*>(scratch.get()));
    return out;
  }

  Shape shape;
  std::vector<std::byte> weights;
  std::vector<float> inputs;
  std::vector<std::byte> quantized;

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  std::size_t weight_row() const { return weights.size() / at(shape.rows); }
  std::size_t input_column() const { return quantized.size() / at(shape.columns); }

  static const float* random_row(std::vector<float>& row, Draw& draw) {
    float size = 1;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i % kBlockValues == 0) {
        const int kind = draw.between(0, 7);
        size = kind == 0 ? 0.0F : kind == 1 ? 1000.0F : 1.0F;
      }
      row[i] = draw.number(size);
    }
    return row.data();
  }

  template <class NextRow>
  std::vector<std::byte> blocks_of(ggml_type type, int rows, NextRow next_row) const {
    const std::int64_t values = std::int64_t{shape.blocks} * kBlockValues;
    const std::size_t row_bytes = ggml_row_size(type, values);
    std::vector<std::byte> blocks(row_bytes * at(rows));
    for (int row = 0; row < rows; ++row) {
      ggml_get_type_traits_cpu(type)->from_float(next_row(), blocks.data() + row_bytes * at(row), values);
    }
    return blocks;
  }
};

/// How many of the numbers differ, in any bit.
std::size_t differences(const std::vector<float>& ours, const std::vector<float>& theirs) {
  REQUIRE(ours.size() == theirs.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (std::memcmp(&ours[i], &theirs[i], sizeof(float)) != 0) ++count;
  }
  return count;
}

/// The product as a graph of ggml's, which asks for ours.
std::vector<float> by_graph(const Matrices& matrices, int threads) {
  const ggml_context_ptr context(ggml_init({ggml_tensor_overhead() * 4 + ggml_graph_overhead(), nullptr, true}));
  const std::int64_t values = std::int64_t{matrices.shape.blocks} * kBlockValues;
  ggml_tensor* weights = ggml_new_tensor_2d(context.get(), GGML_TYPE_Q4_1, values, matrices.shape.rows);
  ggml_tensor* inputs = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, values, matrices.shape.columns);
  ggml_tensor* out = ggml_mul_mat(context.get(), weights, inputs);
  ggml_cgraph* graph = ggml_new_graph(context.get());
  ggml_build_forward_expand(graph, out);
  const ggml_backend_ptr cpu(ggml_backend_cpu_init());
  const ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors(context.get(), cpu.get()));
  REQUIRE(buffer);
  std::memcpy(weights->data, matrices.weights.data(), matrices.weights.size());
  std::memcpy(inputs->data, matrices.inputs.data(), matrices.inputs.size() * sizeof(float));
  ggml_backend_cpu_set_n_threads(cpu.get(), threads);
  REQUIRE(ggml_backend_graph_compute(cpu.get(), graph) == GGML_STATUS_SUCCESS);
  std::vector<float> numbers(static_cast<std::size_t>(ggml_nelements(out)));
  std::memcpy(numbers.data(), out->data, numbers.size() * sizeof(float));
  return numbers;
}

Shape any_shape(Draw& draw) { return {draw.between(1, 70), draw.between(1, 40), draw.between(1, 60)}; }

/// As many products as `times`, by whichever way of adding the least values this ggml was compiled with.
void compare(MatmulKernel (*kernel)(Contraction), Draw& draw, int times) {
  bool equals[] = {true, true};
  for (int i = 0; i < times; ++i) {
    const Matrices matrices(any_shape(draw), draw);
    const std::vector<float> theirs = matrices.by_ggml();
    const int split = draw.between(0, matrices.shape.rows / kTileRows) * kTileRows;
    for (const Contraction contraction : {Contraction::kFused, Contraction::kSeparate}) {
      const std::size_t differing = differences(matrices.by(kernel(contraction), split), theirs);
      if (differing != 0) equals[static_cast<int>(contraction)] = false;
    }
  }
  CHECK((equals[0] || equals[1]));
}

TEST_CASE("products of Q4_1 weights equal ggml's to the last bit", "[matmul]") {
  const ggml_backend_ptr tables(ggml_backend_cpu_init());  // ggml's tables of halves
  if (!exact_matmul_kernel()) {
    WARN("skipped: no kernel of ours computes here what this ggml computes");
    return;
  }
  Draw draw(5);

  SECTION("with AVX2") { compare(avx2_matmul, draw, 60); }
  SECTION("with AVX-512") {
    if (__builtin_cpu_supports("avx512vnni") == 0) {
      WARN("skipped: no AVX-512 with VNNI here");
      return;
    }
    compare(avx512_matmul, draw, 60);
  }
  SECTION("in ggml's own graphs, by any number of threads, more columns than are packed at once") {
    for (int i = 0; i < 30; ++i) {
      Shape shape = any_shape(draw);
      if (i % 5 == 0) shape.columns = draw.between(60, 200);
      if (i % 7 == 0) shape.rows = draw.between(200, 700);
      INFO(text_of(shape));
      const Matrices matrices(shape, draw);
      const std::int64_t before = computed_products();
      CHECK(differences(by_graph(matrices, draw.between(1, 5)), matrices.by_ggml()) == 0);
      CHECK(computed_products() == before + 1);
    }
  }
}

}  // namespace
}  // namespace assay::llama
