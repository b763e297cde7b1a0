#pragma once

#include <optional>

#include "http/byte_range.hpp"
#include "http/client.hpp"
#include "http/message_head.hpp"

namespace sluice::http {

/// What was asked of a source, as far as its answer has to match.
struct expected_answer {
  std::string what;                   ///< "fetch /file/... from dp1:80"
  bool head_only = false;             ///< HEAD: no body follows, whatever the head says
  std::optional<byte_range> range;    ///< none: the whole
  std::optional<std::uint64_t> size;  ///< of the whole, when it is known
  std::uint64_t bytes_max = 0;        ///< of the whole, when it is not
};

/// What an answer is worth (features X1-X20, X26).
///
///   status 200   from the first byte only (X7); 206 exactly the range asked for (X8-X14)
///   a length     is required (X17, X19); a shorter one gives its whole pieces and then a failure
///                (X15), a longer one what was asked for and then a failure (X16)
///   anything else is a failure: 404 blames nobody (X2), redirects are never followed (X6)
struct verdict {
  std::optional<fetch_failure> failure;
  std::uint64_t take = 0;  ///< bytes of the body to use, from its first; then `failure`, if any
  std::uint64_t body = 0;  ///< bytes of the body
  bool framed = false;     ///< `body` can be trusted: after it the connection may go on
};
verdict judge_answer(const response_head& head, const expected_answer& expected);

/// A failure with its row of the matrix of lying sources.
fetch_failure blamed(errc code, std::string_view row, std::string_view doing, std::string what);

}  // namespace sluice::http
