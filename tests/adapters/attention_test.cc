// assay's own attention against ggml's, which defines what is right: to the last bit, and that llama.cpp's scheduler
// gives it the nodes it can do and no others.
#include "adapters/llama/attention/attention.h"

#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml-cpp.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/llama/attention/kernel.h"
#include "adapters/llama/attention/node.h"
#include "harness/core/random.h"
#include "tests/catch.h"

namespace assay::llama {
namespace {

/// Which cells a row sees.
enum class Mask { kNone, kCausal, kRuns, kAdded };

struct Shape {
  int head_size = 64;
  int rows = 1;
  int heads = 9;
  int kv_heads = 3;
  int streams = 1;
  int cells = 1;
  Mask mask = Mask::kCausal;
};

/// What is drawn; uniform, which is as good as any.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  int between(int least, int most) {
    return least + static_cast<int>(random_.below(static_cast<std::uint64_t>(most - least + 1)));
  }
  float number() { return static_cast<float>(between(-1000000, 1000000)) / 1000000; }

 private:
  Random random_;
};

/// An attention node with its inputs in host memory, laid out as llama.cpp lays out its cache.
class Node {
 public:
  Node(const Shape& shape, Draw& draw) : context_(ggml_init({1 << 20, nullptr, true})) {
    ggml_context* made = context_.get();
    ggml_tensor* queries =
        ggml_new_tensor_4d(made, GGML_TYPE_F32, shape.head_size, shape.heads, shape.rows, shape.streams);
    ggml_tensor* keys =
        ggml_new_tensor_4d(made, GGML_TYPE_F16, shape.head_size, shape.kv_heads, shape.cells, shape.streams);
    ggml_tensor* values =
        ggml_new_tensor_4d(made, GGML_TYPE_F16, shape.head_size, shape.kv_heads, shape.cells, shape.streams);
    ggml_tensor* mask = shape.mask == Mask::kNone
                            ? nullptr
                            : ggml_new_tensor_4d(made, GGML_TYPE_F16, shape.cells, shape.rows, 1, shape.streams);
    const float scale = 1.0F / std::sqrt(static_cast<float>(shape.head_size));
    out_ = ggml_flash_attn_ext(made, ggml_permute(made, queries, 0, 2, 1, 3), ggml_permute(made, keys, 0, 2, 1, 3),
                               ggml_permute(made, values, 0, 2, 1, 3), mask, scale, 0, 0);
    ggml_prec_set_acc(out_, GGML_PREC_F32);
    graph_ = ggml_new_graph(made);
    ggml_build_forward_expand(graph_, out_);
    buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(made, ggml_backend_cpu_buffer_type()));
    fill(*queries, draw, static_cast<float>(draw.between(1, 8)));
    fill(*keys, draw, 2);
    fill(*values, draw, 1);
    if (mask != nullptr) hide(*mask, shape, draw);
  }

  [[nodiscard]] ggml_tensor& out() { return *out_; }

  /// What a backend computes.
  [[nodiscard]] std::vector<float> computed_by(ggml_backend& backend) {
    std::vector<float> numbers(static_cast<std::size_t>(ggml_nelements(out_)), -1);
    std::memcpy(out_->data, numbers.data(), numbers.size() * sizeof(float));
    REQUIRE(ggml_backend_graph_compute(&backend, graph_) == GGML_STATUS_SUCCESS);
    std::memcpy(numbers.data(), out_->data, numbers.size() * sizeof(float));
    return numbers;
  }

 private:
  static void fill(ggml_tensor& tensor, Draw& draw, float size) {
    for (std::int64_t i = 0; i < ggml_nelements(&tensor); ++i) {
      if (tensor.type == GGML_TYPE_F32) {
        static_cast<float*>(tensor.data)[i] = draw.number() * size;
      } else {
        static_cast<ggml_fp16_t*>(tensor.data)[i] = ggml_fp32_to_fp16(draw.number() * size);
      }
    }
  }

  static void hide(ggml_tensor& mask, const Shape& shape, Draw& draw) {
    const ggml_fp16_t hidden = ggml_fp32_to_fp16(-std::numeric_limits<float>::infinity());
    auto* at = static_cast<ggml_fp16_t*>(mask.data);
    for (int row = 0; row < shape.rows * shape.streams; ++row, at += shape.cells) {
      const int last = shape.cells - shape.rows + row % shape.rows;
      bool seen = draw.between(0, 1) == 1;
      for (int cell = 0, end = 0; cell < shape.cells; ++cell) {
        if (cell == end) {
          seen = !seen;
          end += draw.between(1, draw.between(0, 3) == 0 ? 200 : 20);
        }
        const bool is_seen = shape.mask == Mask::kCausal ? cell <= last : seen;
        at[cell] = is_seen ? ggml_fp32_to_fp16(shape.mask == Mask::kAdded ? draw.number() : 0) : hidden;
      }
    }
  }

  ggml_context_ptr context_;
  ggml_backend_buffer_ptr buffer_;
  ggml_tensor* out_ = nullptr;
  ggml_cgraph* graph_ = nullptr;
};

/// The device's backend, as llama.cpp makes one; null where the device is not offered.
ggml_backend_ptr backend_of(Attention& attention) {
  const auto offer = attention.offer();
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_ACCEL);
  return ggml_backend_ptr(device == nullptr ? nullptr : ggml_backend_dev_init(device, nullptr));
}

void set_threads(ggml_backend& backend, int threads) {
  const ggml_backend_reg_t registry = ggml_backend_dev_backend_reg(ggml_backend_get_device(&backend));
  void* call = ggml_backend_reg_get_proc_address(registry, "ggml_backend_set_n_threads");
  REQUIRE(call != nullptr);
  reinterpret_cast<ggml_backend_set_n_threads_t>(call)(&backend, threads);
}

/// How many of the numbers differ, in any bit.
std::size_t differences(const std::vector<float>& ours, const std::vector<float>& theirs) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (std::memcmp(&ours[i], &theirs[i], sizeof(float)) != 0) ++count;
  }
  return count;
}

std::string text_of(const Shape& shape) {
  return "head size " + std::to_string(shape.head_size) + ", " + std::to_string(shape.heads) + " heads over " +
         std::to_string(shape.kv_heads) + ", " + std::to_string(shape.rows) + " rows in each of " +
         std::to_string(shape.streams) + " streams, " + std::to_string(shape.cells) + " cells, mask " +
         std::to_string(static_cast<int>(shape.mask));
}

void compare(const Shape& shape, Draw& draw, ggml_backend& ours, ggml_backend& theirs) {
  INFO(text_of(shape));
  Node node(shape, draw);
  REQUIRE(ggml_backend_supports_op(&ours, &node.out()));
  CHECK(differences(node.computed_by(ours), node.computed_by(theirs)) == 0);
}

/// Whether there is a kernel for this machine; says so where there is none.
std::unique_ptr<Attention> attention_of_this_machine() {
  auto attention = make_attention();
  if (!attention) {
    WARN("skipped: no kernel of ours computes here what this ggml computes");
  }
  return attention;
}

TEST_CASE("attention equals ggml's to the last bit", "[attention]") {
  const auto attention = attention_of_this_machine();
  if (!attention) return;
  const ggml_backend_ptr ours = backend_of(*attention);
  const ggml_backend_ptr theirs(ggml_backend_cpu_init());
  REQUIRE(ours);
  Draw draw(8);

  SECTION("SmolLM2's and Gemma 3's heads, any number of rows, any mask") {
    for (int i = 0; i < 40; ++i) {
      Shape shape;
      if (i % 4 == 3) {
        shape.head_size = 256;
        shape.heads = 4;
        shape.kv_heads = 1;
      }
      shape.rows = draw.between(2, 63);
      shape.cells = draw.between(shape.rows, i % 4 == 3 ? 700 : 2000);
      shape.mask = static_cast<Mask>(i % 4 == 3 ? i / 4 % 4 : draw.between(0, 3));
      set_threads(*ours, draw.between(1, 3));
      compare(shape, draw, *ours, *theirs);
    }
  }
  SECTION("other groups of heads") {
    for (const auto& [heads, kv_heads] : {std::pair(8, 8), std::pair(14, 2), std::pair(6, 3), std::pair(5, 1)}) {
      for (const int head_size : {64, 128}) {
        compare({head_size, draw.between(2, 40), heads, kv_heads, 1, draw.between(100, 900), Mask::kRuns}, draw, *ours,
                *theirs);
      }
    }
  }
  SECTION("several streams, one row each, as in generation") {
    for (int streams = 2; streams <= 8; ++streams) {
      compare({64, 1, 9, 3, streams, draw.between(1, 1500), Mask::kRuns}, draw, *ours, *theirs);
    }
  }
  SECTION("a single row of few cells") { compare({64, 1, 9, 3, 1, 511, Mask::kCausal}, draw, *ours, *theirs); }
}

TEST_CASE("every kernel for a ggml of AVX2's order equals it on this processor", "[attention]") {
  if (ggml_cpu_has_avx2() == 0 || ggml_cpu_has_fma() == 0 || ggml_cpu_has_avx512() != 0) {
    WARN("skipped: this ggml is not compiled for AVX2 alone");
    return;
  }
  std::vector<AttentionKernel> kernels = {attend_avx2};
  if (__builtin_cpu_supports("avx512f") != 0) kernels.push_back(attend_avx512_as_avx2);
  const ggml_backend_ptr cpu(ggml_backend_cpu_init());
  Draw draw(11);
  for (int i = 0; i < 12; ++i) {
    const int rows = draw.between(2, 40);
    const Shape shape = {i % 3 == 2 ? 256 : 64, rows, 6, 2, 1, draw.between(rows, 700), static_cast<Mask>(i % 4)};
    INFO(text_of(shape));
    Node node(shape, draw);
    const std::vector<float> theirs = node.computed_by(*cpu);
    for (const AttentionKernel kernel : kernels) {
      std::vector<float> ours(theirs.size());
      AttentionProblem problem = attention_problem(node.out()).value();
      problem.out = ours.data();
      AttentionTeam(kernel).attend(problem);
      CHECK(differences(ours, theirs) == 0);
    }
  }
}

TEST_CASE("attention leaves to ggml what ggml sums in another order", "[attention]") {
  const auto attention = attention_of_this_machine();
  if (!attention) return;
  const ggml_backend_ptr ours = backend_of(*attention);
  Draw draw(3);
  const auto takes = [&](const Shape& shape) { return ggml_backend_supports_op(ours.get(), &Node(shape, draw).out()); };
  CHECK(takes({64, 63, 9, 3, 1, 600, Mask::kCausal}));
  CHECK_FALSE(takes({64, 64, 9, 3, 1, 600, Mask::kCausal}));
  CHECK_FALSE(takes({64, 1, 9, 3, 1, 512, Mask::kCausal}));
  CHECK_FALSE(takes({80, 8, 9, 3, 1, 600, Mask::kCausal}));

  Node sloped({64, 8, 9, 3, 1, 600, Mask::kCausal}, draw);
  const float slope = 8;
  std::memcpy(reinterpret_cast<char*>(sloped.out().op_params) + sizeof(float), &slope, sizeof(slope));
  CHECK_FALSE(ggml_backend_supports_op(ours.get(), &sloped.out()));
  Node capped({64, 8, 9, 3, 1, 600, Mask::kCausal}, draw);
  std::memcpy(reinterpret_cast<char*>(capped.out().op_params) + 2 * sizeof(float), &slope, sizeof(slope));
  CHECK_FALSE(ggml_backend_supports_op(ours.get(), &capped.out()));
  Node with_sinks({64, 8, 9, 3, 1, 600, Mask::kCausal}, draw);
  with_sinks.out().src[4] = with_sinks.out().src[0];
  CHECK_FALSE(ggml_backend_supports_op(ours.get(), &with_sinks.out()));
}

TEST_CASE("the scheduler gives attention nodes to the device, between nodes of the CPU's", "[attention]") {
  const auto attention = attention_of_this_machine();
  if (!attention) return;
  const ggml_backend_ptr ours = backend_of(*attention);
  const ggml_backend_ptr cpu(ggml_backend_cpu_init());
  Draw draw(5);
  Node node({64, 20, 9, 3, 1, 300, Mask::kCausal}, draw);

  std::vector<ggml_backend_t> backends = {ours.get(), cpu.get()};
  const auto computed = [&](std::size_t first) {
    const ggml_context_ptr context(ggml_init({1 << 20, nullptr, true}));
    ggml_context* made = context.get();
    ggml_tensor* queries = node.out().src[0];
    for (int layer = 0; layer < 3; ++layer) {
      ggml_tensor* attended = ggml_flash_attn_ext(made, ggml_cont(made, queries), node.out().src[1], node.out().src[2],
                                                  node.out().src[3], 0.125F, 0, 0);
      queries = ggml_permute(made, ggml_scale(made, attended, 2), 0, 2, 1, 3);
    }
    ggml_tensor* last = ggml_cont(made, queries);
    ggml_cgraph* graph = ggml_new_graph(made);
    ggml_build_forward_expand(graph, last);
    const ggml_backend_sched_ptr scheduler(ggml_backend_sched_new(
        backends.data() + first, nullptr, static_cast<int>(backends.size() - first), 256, false, true));
    REQUIRE(ggml_backend_sched_alloc_graph(scheduler.get(), graph));
    REQUIRE(ggml_backend_sched_graph_compute(scheduler.get(), graph) == GGML_STATUS_SUCCESS);
    std::vector<float> numbers(static_cast<std::size_t>(ggml_nelements(last)));
    ggml_backend_tensor_get(last, numbers.data(), 0, numbers.size() * sizeof(float));
    return numbers;
  };
  const std::vector<float> with_ours = computed(0);
  CHECK(attention->nodes() == 3);
  CHECK(differences(with_ours, computed(1)) == 0);
  CHECK(attention->nodes() == 3);
}

TEST_CASE("attention is offered for as long as somebody offers it", "[attention]") {
  const auto attention = attention_of_this_machine();
  if (!attention) return;
  const std::size_t before = ggml_backend_dev_count();
  {
    const auto offer = attention->offer();
    CHECK(ggml_backend_dev_count() == before + 1);
  }
  CHECK(ggml_backend_dev_count() == before);
}

}  // namespace
}  // namespace assay::llama
