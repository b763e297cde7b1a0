#include <algorithm>
#include <iterator>

#include "storage/site_database_state.hpp"

/// The availability index: which distribution point holds which content.
namespace sluice::storage {

namespace {

constexpr std::string_view insert_text =
    "INSERT OR IGNORE INTO available (content, name) VALUES (?, ?)";
constexpr std::string_view delete_text = "DELETE FROM available WHERE content = ? AND name = ?";

}  // namespace

result<void> site_database::put_available(const model::content_id& content, const std::string& name,
                                          bool has_it) {
  return state_->write("record availability in", [&]() -> result<void> {
    state_->prepare(has_it ? insert_text : delete_text).with(content, name).run();
    return {};
  });
}

result<void> site_database::forget_available(const model::package_id& package,
                                             const std::string& name) {
  return state_->write("forget availability in", [&]() -> result<void> {
    // "PKG00012.1" and its like lie between "PKG00012." and "PKG00012/".
    state_->prepare("DELETE FROM available WHERE name = ? AND content > ? AND content < ?")
        .with(name, package.text() + ".", package.text() + "/")
        .run();
    return {};
  });
}

result<void> site_database::replace_available(const std::string& name,
                                              const std::vector<model::content_id>& contents) {
  return state_->write("record an inventory in", [&]() -> result<void> {
    std::vector<model::content_id> before;
    {
      auto row = state_->prepare("SELECT content FROM available WHERE name = ?");
      row.with(name);
      while (row.next()) { row.take(before.emplace_back()); }
    }
    std::vector<model::content_id> after = contents;
    std::sort(before.begin(), before.end());
    std::sort(after.begin(), after.end());
    std::vector<model::content_id> lost;
    std::vector<model::content_id> gained;  // most inventories say what is known already
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(lost));
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                        std::back_inserter(gained));
    for (const auto& content : lost) { state_->prepare(delete_text).with(content, name).run(); }
    for (const auto& content : gained) { state_->prepare(insert_text).with(content, name).run(); }
    return {};
  });
}

result<bool> site_database::is_available(const model::content_id& content,
                                         const std::string& name) {
  return state_->read("read availability in", [&] {
    auto row = state_->prepare("SELECT 1 FROM available WHERE content = ? AND name = ?");
    return row.with(content, name).next();
  });
}

}  // namespace sluice::storage
