#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::model {

/// What is known of a source at the moment of choosing, for one content.
enum class source_verdict : std::uint8_t {
  untried,
  has_it,       ///< served some of it already
  lacks,        ///< answered 404: not a fault (D8)
  bad,          ///< misbehaved or failed this round (D9, X rows)
  quarantined,  ///< too many bad pieces; not before its time is over
};

struct ranked_source {
  std::string name;
  std::uint32_t priority = 1;  ///< lowest first (D6)
  source_verdict verdict = source_verdict::untried;
  /// Bytes per second, where speed decides among equals (D14): who was not measured yet comes
  /// first, then the fastest. The same for all: chance decides.
  std::uint64_t speed = 0;
};

/// The index of the source to ask next: among the usable ones (untried or has_it) of the lowest
/// priority number, one at random (D7), but a source of that priority that serves already is kept
/// (D8, D9; if there are several, one of them at random). `speed` comes before chance (D14).
/// Nothing when none is usable: wait, then start over (D10). `random` any number, all 64 bits.
std::optional<std::size_t> choose_source(const std::vector<ranked_source>& sources,
                                         std::uint64_t random);

/// Who else may bring parts of a file that `serving` brings (Z8): usable ones of its priority,
/// those that serve already first, else as `choose_source` prefers them; at most `most`.
std::vector<std::size_t> choose_helpers(const std::vector<ranked_source>& sources,
                                        std::size_t serving, std::size_t most,
                                        std::uint64_t random);

/// What came of a range of a file so far.
struct range_pace {
  std::uint64_t bytes_come = 0;
  std::chrono::nanoseconds under_way{};
};
/// Whether a source that brings `bytes_per_second`, and has nothing else left to bring, is to take
/// over a range from another (Z8): when it is more than twice as fast, even if the next piece of
/// the other came right now. So a source that fell silent loses its range after the time of two
/// pieces, and two of about the same speed never take from each other.
bool is_worth_taking_over(const range_pace& slow, std::uint64_t bytes_per_second);

/// A new round (D10): each is untried. Who is quarantined still says so itself when it is asked.
void start_over(std::vector<ranked_source>& sources);

/// Whether a source that failed is asked once more before the next one is: after an answer like 503
/// (X5) when a moment has passed, after a connection that ended early (X30, X31) at once.
enum class second_try : std::uint8_t { none, at_once, after_a_pause };
second_try second_try_for(std::string_view row) noexcept;

std::string_view name_of(source_verdict verdict) noexcept;

}  // namespace sluice::model
