#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/base.hpp"

namespace sluice::http {

/// `refused` for good, `incomplete` until more bytes come, or `complete`.
enum class head_state : std::uint8_t { incomplete, refused, complete };

/// What a refused request is told: a status and one sentence.
struct refusal {
  int status = 400;
  std::string why;
};

enum class request_method : std::uint8_t { get, head, put };

/// A request as far as a content server is concerned; it never has a body. PUT is for the targets
/// of pushes only.
struct request_head {
  request_method method = request_method::get;
  std::string target;       ///< origin form, as on the wire
  bool keep_alive = false;  ///< HTTP/1.1 without `Connection: close`
  std::string range;        ///< the fields' values; "" when absent
  std::string if_range;
  std::string if_none_match;
  std::string accept;
  std::string upgrade;
  std::string_view bytes;  ///< all of it as it came; valid until more is received
};

/// Whether a head, as it came, names sluice as its User-Agent: a distribution point that fetches.
/// What a peer says of itself, and no proof.
bool is_of_distribution_point(std::string_view head) noexcept;

struct request_parse {
  head_state state = head_state::incomplete;
  std::size_t consumed = 0;  ///< bytes of the head, when complete
  request_head head;
  refusal why;
};

/// Reads one head from the beginning of `bytes` (RFC 9112, through Beast's parser). Beyond what
/// that refuses: bare LF, obs-fold, more than one Content-Length, any Transfer-Encoding, any body,
/// a missing (HTTP/1.1) or second Host, a second Range, a target over 16 KiB, a head over 32 KiB,
/// and methods other than GET and HEAD, and PUT beneath /push/ (405).
request_parse parse_request_head(std::string_view bytes);

/// An answer as far as a client of ranges is concerned.
struct response_head {
  int status = 0;
  std::string reason;
  bool keep_alive = false;
  std::optional<std::uint64_t> content_length;
  bool transfer_coded = false;  ///< any Transfer-Encoding
  std::string content_encoding;
  std::string content_range;
  std::string content_type;
  std::string entity_tag;
  std::string retry_after;
};

struct response_parse {
  head_state state = head_state::incomplete;
  std::size_t consumed = 0;
  response_head head;
  std::string why;  ///< one clause: "its Content-Length is not a number"
  bool bad_length = false;
};

/// The mirror, with the same refusals where they apply.
response_parse parse_response_head(std::string_view bytes);

/// Case-insensitive for ASCII, as field names and tokens are.
[[nodiscard]] bool same_token(std::string_view left, std::string_view right) noexcept;
[[nodiscard]] std::string_view without_spaces(std::string_view text) noexcept;

}  // namespace sluice::http
