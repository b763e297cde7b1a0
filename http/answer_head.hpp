#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

/// The head of an answer. There is no Date field: no clock is asked here (RFC 9110 6.6.1).
struct answer_head {
  int status = 200;
  std::uint64_t content_length = 0;
  std::string content_type;  ///< each is left out when empty
  std::string entity_tag;
  std::string content_range;
  std::string location;
  bool accepts_ranges = false;
  bool keep_alive = true;
};
std::string print_answer_head(const answer_head& head);

/// "404 Not Found"
std::string_view status_line(int status) noexcept;

}  // namespace sluice::http
