#include "http/answer_cache.hpp"

#include "base/base.hpp"

namespace sluice::http {

std::shared_ptr<const ready_answer> answer_cache::find(std::string_view request,
                                                       std::uint64_t revision) {
  if (revision != revision_) { return nullptr; }
  if (const auto found = young_.find(request); found != young_.end()) { return found->second; }
  const auto found = old_.find(request);
  if (found == old_.end()) { return nullptr; }
  auto answer = found->second;
  insert(std::string(request), answer);
  return answer;
}

void answer_cache::keep(std::string_view request, std::uint64_t revision, ready_answer answer) {
  if (request.size() > limits::ready_head_bytes_max) { return; }
  if (revision != revision_) {
    young_.clear();
    old_.clear();
    revision_ = revision;
  }
  insert(std::string(request), std::make_shared<const ready_answer>(std::move(answer)));
}

void answer_cache::insert(std::string request, std::shared_ptr<const ready_answer> answer) {
  if (young_.size() >= limits::ready_answers_max) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_.insert_or_assign(std::move(request), std::move(answer));
}

}  // namespace sluice::http
