// assay's own attention on CPUs: a device that llama.cpp is offered, which computes attention nodes with the kernels of
// kernel.h and nothing else. What it computes equals ggml's own to the last bit; it is there for speed alone.
//
// ggml lets a program register devices. llama.cpp takes those of type ACCEL (as its BLAS device is) into every context
// it makes and gives them the nodes that they support, as long as these lie in the host's memory. The device is
// registered only while a context is being made, so that contexts of other models do not get it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace assay::llama {

/// The device and what it has done. Outlives the contexts that were made while it was offered.
class Attention {
 public:
  virtual ~Attention() = default;

  /// Registers the device for as long as the result lives. llama.cpp's list of devices has no lock: one at a time, and
  /// nobody may make a context or look for devices beside it.
  class Offer {
   public:
    virtual ~Offer() = default;
  };
  [[nodiscard]] virtual std::unique_ptr<Offer> offer() = 0;

  /// Nodes computed so far, in all contexts; any thread.
  [[nodiscard]] virtual std::int64_t nodes() const = 0;
};

/// The device of this build. Null where no kernel of ours computes on this machine what its ggml computes, which is
/// tried on invented problems (some milliseconds); where ggml's threads are not OpenMP's, whose team both share; and
/// where llama.cpp is not the one whose internal interface this was written for.
[[nodiscard]] std::unique_ptr<Attention> make_attention();

}  // namespace assay::llama
