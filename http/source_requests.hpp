#pragma once

#include <map>
#include <string>

#include "http/source_pool.hpp"

namespace sluice::http {

/// What the calls of a source_client share.
class source_client::state {
public:
  state(io::reactor& ring, settings given);

  /// The text of one request; `range` as "bytes=0-99", or "".
  [[nodiscard]] std::string request(std::string_view method, std::string_view target,
                                    std::string_view range) const;
  [[nodiscard]] std::string doing(std::string_view target) const;

  /// A connection whose next bytes are the body, or why there is none. On a failure `line` is
  /// empty.
  struct opened_answer {
    std::unique_ptr<source_connection> line;
    response_head head;
    verdict judged;
  };
  /// Sends one request and judges its head. A kept-alive connection that turns out to be dead is
  /// replaced once. A failed exchange has given its connection back; a verdict that both takes
  /// bytes and fails (X15, X16) has not.
  [[nodiscard]] io::task<opened_answer> ask(std::string text, expected_answer expected,
                                            std::shared_ptr<io::cancellation> stop);
  /// Gives back the connection of an answer that was used up. What came beyond its end is a fault
  /// (X20).
  [[nodiscard]] io::task<std::optional<fetch_failure>> give_back(opened_answer used,
                                                                 std::string doing);
  /// Features X36: an entity tag must not change between two ranges of a target.
  [[nodiscard]] std::optional<fetch_failure> tag_fault(const std::string& target,
                                                       const response_head& head);

  io::reactor& ring;
  bool pushed;
  source_pool pool;

private:
  std::map<std::string, std::string> tags_;  // bounded; by target
};

/// The requests sent ahead on one connection; see source_client::fetch_many.
class request_pipeline {
public:
  using taker = std::function<void(std::size_t, std::span<const std::byte>)>;
  request_pipeline(const source_client::state& client,
                   const std::vector<source_client::small_request>& requests, const taker& take,
                   std::vector<std::optional<fetch_failure>>& outcomes);
  /// How one connection was used up.
  struct run_end {
    std::optional<fetch_failure> failure;  ///< none: the connection may be kept
    bool give_up = false;                  ///< the source cannot be trusted, or is too slow
    bool keep = false;
  };
  [[nodiscard]] io::task<run_end> run(source_connection& line);
  [[nodiscard]] bool done() const noexcept { return next_ == requests_.size(); }
  [[nodiscard]] std::size_t answered() const noexcept { return next_; }
  void fail_rest(const fetch_failure& failure);

private:
  [[nodiscard]] std::string next_requests();
  [[nodiscard]] io::task<run_end> receive_one(source_connection& line);

  const source_client::state& client_;
  const std::vector<source_client::small_request>& requests_;
  const taker& take_;
  std::vector<std::optional<fetch_failure>>& outcomes_;
  std::vector<std::size_t> lengths_;  // of the heads sent on this connection, by request
  std::size_t next_ = 0;              // the first one not answered
  std::size_t sent_ = 0;              // the first one not sent on this connection
  std::uint64_t ahead_bytes_ = 0;
};

}  // namespace sluice::http
