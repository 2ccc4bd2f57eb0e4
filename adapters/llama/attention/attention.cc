#include "adapters/llama/attention/attention.h"

#include <ggml-backend-impl.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <cstring>
#include <new>
#include <utility>

#include "adapters/llama/attention/node.h"
#include "adapters/llama/attention/trial.h"

namespace assay::llama {
namespace {

constexpr const char* kName = "ATTENTION";  // among llama.cpp's devices, in its log

/// What ggml's callbacks are given of us: for the device, and for the backend that every context makes of it.
struct DeviceState {
  AttentionKernel kernel;
  std::atomic<std::int64_t> nodes = 0;
};
struct BackendState {
  DeviceState& device;
  AttentionTeam team;
};

BackendState& state_of(ggml_backend_t backend) { return *static_cast<BackendState*>(backend->context); }
DeviceState& state_of(ggml_backend_dev_t device) { return *static_cast<DeviceState*>(device->context); }

bool is_no_work(const ggml_tensor& node) {
  return node.op == GGML_OP_NONE || node.op == GGML_OP_RESHAPE || node.op == GGML_OP_VIEW ||
         node.op == GGML_OP_PERMUTE || node.op == GGML_OP_TRANSPOSE;
}

ggml_status compute(ggml_backend_t backend, ggml_cgraph* graph) {
  BackendState& state = state_of(backend);
  for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
    const ggml_tensor& node = *ggml_graph_node(graph, i);
    if (is_no_work(node) || (node.flags & GGML_TENSOR_FLAG_COMPUTE) == 0) {
      continue;
    }
    const auto problem = attention_problem(node);
    if (!problem) {
      return GGML_STATUS_FAILED;
    }
    try {
      state.team.attend(*problem);
    } catch (const std::bad_alloc&) {
      return GGML_STATUS_ALLOC_FAILED;
    }
    state.device.nodes.fetch_add(1, std::memory_order_relaxed);
  }
  return GGML_STATUS_SUCCESS;
}

void free_backend(ggml_backend_t backend) {
  delete &state_of(backend);
  delete backend;
}

void set_threads(ggml_backend_t backend, int threads) { state_of(backend).team.set_threads(threads); }

ggml_guid_t guid() {
  static ggml_guid id = {0x5c, 0x1e, 0x0a, 0x77, 0x3d, 0x52, 0x4b, 0x19,
                         0x9a, 0x60, 0xc4, 0x2f, 0x81, 0xd3, 0xee, 0x48};
  return &id;
}

ggml_backend_t make_backend(ggml_backend_dev_t device, const char*) {
  ggml_backend_i calls{};
  calls.get_name = [](ggml_backend_t) { return kName; };
  calls.free = free_backend;
  calls.graph_compute = compute;
  DeviceState& state = state_of(device);
  return new ggml_backend{guid(), calls, device, new BackendState{state, AttentionTeam(state.kernel)}};
}

void describe(ggml_backend_dev_t device, ggml_backend_dev_props* props) {
  *props = {};
  props->name = kName;
  props->description = ggml_backend_dev_description(device);
  props->type = GGML_BACKEND_DEVICE_TYPE_ACCEL;
  props->caps.buffer_from_host_ptr = true;
  props->caps.mmap_support = true;
}

ggml_backend_device_i device_calls() {
  ggml_backend_device_i calls{};
  calls.get_name = [](ggml_backend_dev_t) { return kName; };
  calls.get_description = [](ggml_backend_dev_t) { return "exact attention on the CPU"; };
  calls.get_memory = [](ggml_backend_dev_t, std::size_t* free, std::size_t* total) { *free = *total = 0; };
  calls.get_type = [](ggml_backend_dev_t) { return GGML_BACKEND_DEVICE_TYPE_ACCEL; };
  calls.get_props = describe;
  calls.init_backend = make_backend;
  calls.get_buffer_type = [](ggml_backend_dev_t) { return ggml_backend_cpu_buffer_type(); };
  calls.buffer_from_host_ptr = [](ggml_backend_dev_t, void* memory, std::size_t size, std::size_t) {
    return ggml_backend_cpu_buffer_from_ptr(memory, size);
  };
  calls.supports_op = [](ggml_backend_dev_t, const ggml_tensor* node) {
    return is_no_work(*node) || attention_problem(*node).has_value();
  };
  calls.supports_buft = [](ggml_backend_dev_t, ggml_backend_buffer_type_t type) {
    return ggml_backend_buft_is_host(type);
  };
  return calls;
}

ggml_backend_reg_i registry_calls() {
  ggml_backend_reg_i calls{};
  calls.get_name = [](ggml_backend_reg_t) { return kName; };
  calls.get_device_count = [](ggml_backend_reg_t) { return std::size_t{1}; };
  calls.get_device = [](ggml_backend_reg_t registry, std::size_t) {
    return static_cast<ggml_backend_dev_t>(registry->context);
  };
  calls.get_proc_address = [](ggml_backend_reg_t, const char* name) {
    return std::strcmp(name, "ggml_backend_set_n_threads") == 0 ? reinterpret_cast<void*>(set_threads) : nullptr;
  };
  return calls;
}

class CpuAttention final : public Attention {
 public:
  explicit CpuAttention(AttentionKernel kernel)
      : state_{kernel},
        device_{device_calls(), &registry_, &state_},
        registry_{GGML_BACKEND_API_VERSION, registry_calls(), &device_} {}
  CpuAttention(const CpuAttention&) = delete;
  CpuAttention& operator=(const CpuAttention&) = delete;

  [[nodiscard]] std::unique_ptr<Offer> offer() override { return std::make_unique<Registered>(registry_); }
  [[nodiscard]] std::int64_t nodes() const override { return state_.nodes.load(std::memory_order_relaxed); }

 private:
  class Registered final : public Offer {
   public:
    explicit Registered(ggml_backend_reg& registry) : registry_(registry) { ggml_backend_register(&registry_); }
    ~Registered() override { ggml_backend_unload(&registry_); }
    Registered(const Registered&) = delete;
    Registered& operator=(const Registered&) = delete;

   private:
    ggml_backend_reg& registry_;
  };

  DeviceState state_;
  ggml_backend_device device_;
  ggml_backend_reg registry_;
};

}  // namespace

std::unique_ptr<Attention> make_attention() {
  static_assert(GGML_BACKEND_API_VERSION == 2, "the device's functions are those of this version");
  const AttentionKernel kernel = exact_attention_kernel();
  return kernel == nullptr ? nullptr : std::make_unique<CpuAttention>(kernel);
}

}  // namespace assay::llama
