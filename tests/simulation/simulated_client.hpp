#pragma once

#include "io/io.hpp"
#include "tests/simulation/joint_time.hpp"

namespace sluice::simulation {

/// A machine that fetches files from distribution points, as any client of theirs.
class simulated_client {
public:
  explicit simulated_client(joint_time& time);
  ~simulated_client();  ///< its time goes on until no fetch is under way

  /// `fetched` hears the bytes of an answer 200, or of no other answer (also when none comes).
  void fetch(std::string host, std::string target,
             std::function<void(std::optional<std::string>)> fetched);
  [[nodiscard]] std::size_t under_way() const noexcept { return fetches_.running(); }

private:
  joint_time& time_;
  std::unique_ptr<io::reactor> ring_;
  io::task_group fetches_;
};

}  // namespace sluice::simulation
