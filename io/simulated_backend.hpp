#pragma once

#include <memory>

#include "io/simulated_state.hpp"

namespace sluice::io::detail {

/// The seam on one machine of a simulated world.
class simulated_backend final : public backend {
public:
  simulated_backend(std::shared_ptr<simulated_state> world, machine& own)
      : world_(std::move(world)), own_(own), life_(own.life) {}

  result<void> probe() override { return {}; }
  result<void> attach(turning& served) override;
  void detach() noexcept override;
  void submit(operation& asked) override;
  void cancel(operation& asked) override { world_->cancel(asked.number); }
  bool turn(std::chrono::nanoseconds until) override;
  void wake() noexcept override {}
  [[nodiscard]] std::chrono::nanoseconds now() const noexcept override { return world_->now; }
  void shut(int descriptor) noexcept override;
  void cork(int, bool) noexcept override {}
  void close_now(int descriptor) noexcept override;
  void register_memory(std::span<std::byte>) override {}
  void unregister_memory(std::span<std::byte>) noexcept override {}
  [[nodiscard]] bool simulated() const noexcept override { return true; }

private:
  [[nodiscard]] int fault_of(operation& asked);
  [[nodiscard]] int fail(operation& asked);
  std::int64_t execute(operation& asked);
  std::int64_t execute_bundle(operation& asked);
  void run_files(std::uint64_t number, std::size_t next);
  std::int64_t execute_on_file(operation& asked, handle& on);
  std::int64_t execute_on_name(operation& asked, const node_pointer& in);
  std::int64_t transfer(operation& asked, const handle& on);
  std::int64_t close(int descriptor);

  std::shared_ptr<simulated_state> world_;
  machine& own_;
  std::uint64_t life_;  ///< of the machine, when this came into being
  turning* served_ = nullptr;
};

}  // namespace sluice::io::detail
