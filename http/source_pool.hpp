#pragma once

#include <memory>
#include <set>
#include <vector>

#include "http/source_connection.hpp"

namespace sluice::http {

/// The connections to one source: at most so many, kept alive between requests, lent to one
/// exchange at a time. Threads: its reactor's.
class source_pool {
public:
  /// `pushed`: connections come by `take` only.
  source_pool(io::reactor& ring, io::endpoint address, std::uint32_t connections,
              source_patience patience, bool pushed);

  struct loan {
    std::unique_ptr<source_connection> line;
    std::optional<fetch_failure> failure;
  };
  /// Waits for its turn. With `fresh` an idle connection is not good enough.
  [[nodiscard]] io::task<loan> borrow(bool fresh, std::shared_ptr<io::cancellation> stop,
                                      std::string doing);
  /// `keep` only when the stream stands between two answers.
  [[nodiscard]] io::task<void> give_back(std::unique_ptr<source_connection> line, bool keep);
  /// Aborts what is lent, waits until it is back, and closes all.
  [[nodiscard]] io::task<void> close();
  [[nodiscard]] std::uint64_t bytes_received() const noexcept;
  [[nodiscard]] std::chrono::nanoseconds silent_for() const noexcept;  ///< see source_client
  /// See source_client.
  void take(io::socket connected);
  void cut_taken(source_patience patience);
  [[nodiscard]] std::string name() const;  ///< host:port, or what stands for it
  [[nodiscard]] const source_patience& patience() const noexcept { return patience_; }

private:
  [[nodiscard]] io::task<loan> borrow_taken(std::shared_ptr<io::cancellation> stop,
                                            std::string doing);
  [[nodiscard]] io::task<void> close_line(std::unique_ptr<source_connection> line);
  [[nodiscard]] fetch_failure unreachable(const error& cause, const std::string& doing) const;

  io::reactor& ring_;
  io::endpoint address_;
  source_patience patience_;
  std::uint32_t connections_;
  io::semaphore turns_;
  std::vector<std::unique_ptr<source_connection>> idle_;
  std::set<source_connection*> lent_;
  std::multiset<std::chrono::nanoseconds> connecting_;  ///< since when
  std::uint64_t bytes_of_closed_ = 0;
  bool pushed_;
  io::event moved_;  ///< pushed: a connection came, was given back, or is gone
  io::task_group closed_;
  bool closing_ = false;
};

}  // namespace sluice::http
