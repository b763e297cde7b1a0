#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/model.hpp"

namespace sluice::http {

/// A whole file as the answer to a GET: what the head says, and whose bytes follow it.
struct ready_answer {
  model::content_id content;
  model::file_id file;
  std::string head;
};

/// Answers to heads that came before, byte for byte. What a head asks for depends on its bytes and
/// the catalogue alone, so parsing and looking it up again would find the same; whether the asker
/// may have it is asked each time.
///
/// Bound:    two generations of `limits::ready_answers_max`, each of a head of up to
///           `limits::ready_head_bytes_max`; the older generation goes when the younger is full.
/// Threads:  its reactor's.
class answer_cache {
public:
  /// Null when there is none, or the catalogue has another revision than what is kept.
  [[nodiscard]] std::shared_ptr<const ready_answer> find(std::string_view request,
                                                         std::uint64_t revision);
  void keep(std::string_view request, std::uint64_t revision, ready_answer answer);

private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  using generation = std::unordered_map<std::string, std::shared_ptr<const ready_answer>, text_hash,
                                        std::equal_to<>>;
  void insert(std::string request, std::shared_ptr<const ready_answer> answer);

  generation young_;
  generation old_;
  std::uint64_t revision_ = 0;
};

}  // namespace sluice::http
