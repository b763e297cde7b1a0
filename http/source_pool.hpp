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
  source_pool(io::reactor& ring, io::endpoint address, std::uint32_t connections,
              source_patience patience);

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
  [[nodiscard]] const io::endpoint& address() const noexcept { return address_; }

private:
  [[nodiscard]] fetch_failure unreachable(const error& cause, const std::string& doing) const;

  io::reactor& ring_;
  io::endpoint address_;
  source_patience patience_;
  std::uint32_t connections_;
  io::semaphore turns_;
  std::vector<std::unique_ptr<source_connection>> idle_;
  std::set<source_connection*> lent_;
  std::uint64_t bytes_of_closed_ = 0;
  bool closing_ = false;
};

}  // namespace sluice::http
