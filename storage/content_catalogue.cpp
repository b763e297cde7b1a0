#include "storage/content_catalogue.hpp"

namespace sluice::storage {

void content_catalogue::put(const catalogue_entry& entry) {
  const std::lock_guard lock(mutex_);
  entries_.insert_or_assign(entry.content, entry);
  revision_.fetch_add(1, std::memory_order_release);
}

void content_catalogue::remove(const model::content_id& content) {
  const std::lock_guard lock(mutex_);
  if (entries_.erase(content) == 0) { return; }
  revision_.fetch_add(1, std::memory_order_release);
}

std::optional<catalogue_entry> content_catalogue::find(const model::content_id& content) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(content);
  if (found == entries_.end()) { return std::nullopt; }
  return found->second;
}

std::optional<catalogue_entry> content_catalogue::newest(const model::package_id& package,
                                                         library_user user) const {
  std::optional<catalogue_entry> last;
  for (const catalogue_entry& entry : versions(package)) {
    if ((entry.users & static_cast<std::uint8_t>(user)) != 0) { last = entry; }
  }
  return last;
}

std::vector<catalogue_entry> content_catalogue::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<catalogue_entry> sorted;
  sorted.reserve(entries_.size());
  for (const auto& [content, entry] : entries_) { sorted.push_back(entry); }
  return sorted;
}

std::vector<model::content_id> content_catalogue::former(library_user user) const {
  const std::lock_guard lock(mutex_);
  std::vector<model::content_id> found;
  std::optional<model::content_id> before;
  for (const auto& [content, entry] : entries_) {
    if (!entry.is_for(user)) { continue; }
    if (before && before->package == content.package) { found.push_back(*before); }
    before = content;
  }
  return found;
}

std::vector<catalogue_entry> content_catalogue::versions(const model::package_id& package) const {
  const std::lock_guard lock(mutex_);
  std::vector<catalogue_entry> sorted;
  for (auto at = entries_.lower_bound({package, 0});
       at != entries_.end() && at->first.package == package; ++at) {
    sorted.push_back(at->second);
  }
  return sorted;
}

std::uint64_t content_catalogue::revision() const noexcept {
  return revision_.load(std::memory_order_acquire);
}

}  // namespace sluice::storage
